# SPDX-License-Identifier: MIT
"""What user code hears of the master's events, and of events of its own.

The engine's events come over only while somebody consumes them. Events that user code produces go
straight to the consumers, before ``produce`` returns.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import awaited, done, started
from buildbot_cfg._wire import from_wire

__all__ = ["MQ", "QueueRef"]

Callback = Callable[[Any, Any], Any]

_unawaited: set[asyncio.Future[Any]] = set()


class QueueRef:
    """One consumer.

    Args:
        mq: where it consumes.
        callback: called with routing key and message; may be async.
        filter: parts of the routing keys; None stands for any one part.
    """

    def __init__(self, mq: MQ, callback: Callback, filter: Sequence[str | None]) -> None:
        self.mq, self.callback, self.filter = mq, callback, filter
        self._consumer: int | None = None
        self._stopped = False

    def matches(self, key: Any) -> bool:
        """Whether the routing key fits its filter."""
        return len(key) == len(self.filter) and all(
            wanted is None or wanted == part for wanted, part in zip(self.filter, key, strict=True)
        )

    def invoke(self, routing_key: Any, data: Any) -> None:
        """Calls the callback; what that raises is told in the log."""
        try:
            answer = self.callback(routing_key, data)
        except Exception:
            self._tell()
            return
        if inspect.isawaitable(answer):
            task = asyncio.ensure_future(self._waited(answer))
            _unawaited.add(task)
            task.add_done_callback(_unawaited.discard)

    async def _waited(self, answer: Any) -> None:
        try:
            await answer
        except Exception:
            self._tell()

    def _tell(self) -> None:
        _bridge.log("error", f"while invoking {self.callback!r}:\n{traceback.format_exc()}")

    async def _begin(self) -> None:
        master = _bridge.live_master()
        if master is None or not self.filter:
            return
        pattern = "/".join("*" if part is None else part for part in self.filter)
        consumer = await master.consume(pattern, self._heard)
        if self._stopped:
            master.stop_consuming(consumer)
        else:
            self._consumer = consumer

    def _heard(self, key: str, text: str) -> None:
        parts = tuple(key.split("/"))
        if not self._stopped and self.matches(parts):
            self.invoke(parts, from_wire(json.loads(text), is_event=True))

    def stopConsuming(self) -> Any:
        """Ends: the callback is not called any more."""
        self._stopped = True
        self.mq.forget(self)
        consumer, self._consumer = self._consumer, None
        master = _bridge.live_master()
        if consumer is not None and master is not None:
            master.stop_consuming(consumer)
        return done()


class MQ:
    """``self.master.mq``.

    Args:
        master: the running master's Python side.
    """

    def __init__(self, master: Any = None) -> None:
        self.master = master
        self._consumers: list[QueueRef] = []

    def produce(self, routingKey: Any, data: Any) -> None:
        """Tells all who consume this routing key.

        Only those in this process' Python hear of it. ``("control", what, id, action)`` is carried
        out by the master.

        Args:
            routingKey: a tuple of strings.
            data: the message.
        """
        if len(routingKey) == 4 and routingKey[0] == "control" and _bridge.live_master():
            _, what, which, action = routingKey
            self._control(f"{what}/{which}", action, data or {})
            return
        for consumer in list(self._consumers):
            if consumer.matches(routingKey):
                consumer.invoke(routingKey, data)

    @started
    async def _control(self, path: str, action: str, params: dict[str, Any]) -> None:
        try:
            await _bridge.live_master().control(path, action, params)
        except Exception as error:
            _bridge.log("error", f"control {path}/{action}: {error!r}")

    @started
    async def startConsuming(
        self, callback: Callback, filter: Sequence[str | None], persistent_name: str | None = None
    ) -> QueueRef:
        """Calls ``callback(routing_key, message)`` for events from now on; gives what ends it.

        Args:
            callback: may be async.
            filter: ``("builds", None, "finished")``: parts of the key; None stands for any one.
            persistent_name: accepted; what happens while the master is down is not kept.
        """
        if not all(part is None or isinstance(part, str) for part in filter):
            raise AssertionError(f"{filter!r} is not a filter: its parts must be strings or None")
        made = QueueRef(self, callback, filter)
        self._consumers.append(made)
        await made._begin()
        return made

    @started
    async def waitUntilEvent(
        self, filter: Sequence[str | None], check_callback: Callable[[], Any]
    ) -> Any:
        """Waits for an event; gives ``(routing_key, message)``.

        Args:
            filter: as for startConsuming.
            check_callback: asked once, when events are heard already: whether what is waited for
                has happened before; then the answer is None.
        """
        heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def take(key: Any, message: Any) -> None:
            if not heard.done():
                heard.set_result((key, message))

        consumer = await self.startConsuming(take, filter)
        try:
            return None if await awaited(check_callback()) else await heard
        finally:
            await awaited(consumer.stopConsuming())

    def forget(self, consumer: QueueRef) -> None:
        """It does not consume any more."""
        if consumer in self._consumers:
            self._consumers.remove(consumer)
