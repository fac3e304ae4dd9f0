# SPDX-License-Identifier: MIT
"""The broker: calls in both directions over one connection. It is fed bytes and writes bytes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import traceback
from typing import Any, Callable

from kilnbot_worker.pb import banana, jelly

log = logging.getLogger(__name__)

VERSION = 6
MAX_EXPORTED = 1024
FAILURE_CLASS = "twisted.spread.pb.CopyableFailure"


class BrokerError(Exception):
    """The peer broke the protocol: the connection is of no use any more."""


class ConnectionGone(Exception):
    """The connection ended before the answer came."""


class RemoteError(Exception):
    """A call failed at the peer; `kind` is the dotted name of the exception's class there."""

    def __init__(self, kind: str, text: str, trace: str = "") -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.trace = trace


class CallError(Exception):
    """Raised by a method of ours to fail its call with a given class name."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


def failure_of(error: BaseException) -> jelly.Instance:
    """What the peer gets for an exception of ours: all keys that Twisted reads."""
    kind = getattr(error, "kind", None) or f"{type(error).__module__}.{type(error).__qualname__}"
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return failure(str(kind), str(error), trace)


def failure(kind: str, text: str, trace: str) -> jelly.Instance:
    state = {
        "count": 0,
        "type": kind.encode(),
        "value": text,
        "captureVars": False,
        "tb": None,
        "pickled": 1,
        "unsafeTracebacks": False,
        "_frames": [],
        "frames": [],
        "stack": [],
        "parents": [kind, "builtins.Exception", "builtins.BaseException", "builtins.object"],
        "traceback": trace[-60_000:],
    }
    return jelly.Instance(FAILURE_CLASS, state)


def error_of(value: Any) -> RemoteError:
    state = value.state if isinstance(value, jelly.Instance) else None
    if not isinstance(state, dict):
        return RemoteError("unknown", repr(value))
    return RemoteError(*(_text(state.get(key, "")) for key in ("type", "value", "traceback")))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


class Proxy:
    """An object of the peer's. Released when it is dropped, at the latest."""

    def __init__(self, broker: Broker, number: int) -> None:
        self._broker = broker
        self.number = number
        self._held = True

    def call(self, method: str, *args: Any, **keywords: Any) -> asyncio.Future[Any]:
        return self._broker.call(self.number, method, args, keywords)

    def release(self) -> None:
        """Tells the peer that we dropped it."""
        if self._held:
            self._held = False
            self._broker.release(self.number)

    def __del__(self) -> None:
        self.release()


class Broker:
    """One side of a connection. The peer calls the methods named ``remote_...`` of our objects."""

    def __init__(self, write: Callable[[bytes], None], root: Any = None) -> None:
        self._write = write
        self._decoder = banana.Decoder()
        self._handshake = self._client_handshake
        self._ready = False
        self._root = root
        self._next_request = 0
        self._next_object = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._objects: dict[int, Any] = {}
        self._counts: dict[int, int] = {}
        self._numbers: dict[int, int] = {}  # id() of an exported object -> its number
        self._tasks: set[asyncio.Task[None]] = set()
        self.ready = asyncio.Event()  # calls may be made
        self.closed = False

    def serve_handshake(self) -> None:
        """Begins as the server's side: it speaks first."""
        self._handshake = self._server_handshake
        self._send([b"pb", b"none"])

    def feed(self, data: bytes) -> None:
        """Takes bytes from the peer. Raises an error when they cannot be right."""
        for expression in self._decoder.feed(data):
            if self._ready:
                self._dispatch(expression)
            else:
                self._handshake(expression)

    def _client_handshake(self, expression: Any) -> None:
        if not isinstance(expression, list) or b"pb" not in expression:
            raise BrokerError(f"the peer does not speak Perspective Broker: {expression!r:.100}")
        self._ready = True
        self._send(b"pb")
        self._send([b"version", VERSION])
        self.ready.set()

    def _server_handshake(self, expression: Any) -> None:
        if expression != b"pb":
            raise BrokerError(f"the peer does not speak Perspective Broker: {expression!r:.100}")
        self._ready = True
        self._send([b"version", VERSION])

    def _send(self, expression: Any) -> None:
        if not self.closed:
            self._write(banana.encode(expression))

    def _dispatch(self, expression: Any) -> None:
        if not isinstance(expression, list) or not expression:
            raise BrokerError(f"unexpected expression {expression!r:.100}")
        handler = _HANDLERS.get(expression[0] if isinstance(expression[0], bytes) else b"")
        if handler is None:
            log.warning("ignored an unknown broker message %.100r", expression[0])
            return
        try:
            handler(self, *expression[1:])
        except (TypeError, ValueError) as error:
            raise BrokerError(f"malformed {expression[0]!r}: {error}") from error

    def _on_version(self, number: int) -> None:
        if number != VERSION:
            raise BrokerError(f"the peer speaks version {number} of the broker, not {VERSION}")

    def call(
        self, number: int | bytes, method: str, args: tuple[Any, ...], keywords: dict[str, Any]
    ) -> asyncio.Future[Any]:
        """Calls a method of the peer's. The future fails with RemoteError or ConnectionGone."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.closed:
            future.set_exception(ConnectionGone("the connection to the master is lost"))
            return future
        self._next_request += 1
        request = self._next_request
        args_form = jelly.encode(args, self._export)
        keywords_form = jelly.encode(keywords, self._export)
        self._send([b"message", request, number, method.encode(), 1, args_form, keywords_form])
        self._waiting[request] = future
        return future

    def _export(self, value: Any) -> Any:
        if isinstance(value, Proxy):
            return [b"local", value.number]
        if not hasattr(value, "is_referenceable"):
            raise jelly.JellyError(f"a {type(value).__name__} cannot be sent")
        number = self._numbers.get(id(value))
        if number is None:
            if len(self._objects) >= MAX_EXPORTED:
                raise jelly.JellyError(f"more than {MAX_EXPORTED} objects are exported")
            self._next_object += 1
            number = self._next_object
            self._numbers[id(value)] = number
            self._objects[number] = value
            self._counts[number] = 0
        self._counts[number] += 1
        return [b"remote", number]

    def _decode(self, expression: Any) -> Any:
        return jelly.decode(expression, lambda number: Proxy(self, number), self._find)

    def _find(self, number: Any) -> Any:
        found = self._root if number == b"root" else self._objects.get(number)
        if found is None:
            raise jelly.JellyError(f"there is no object {number!r}")
        return found

    def release(self, number: int) -> None:
        self._send([b"decref", number])

    def _on_decref(self, number: int) -> None:
        if number not in self._counts:
            return
        self._counts[number] -= 1
        if self._counts[number] <= 0:
            del self._counts[number]
            del self._numbers[id(self._objects.pop(number))]

    def _on_answer(self, request: int, value: Any) -> None:
        future = self._waiting.pop(request, None)
        if future is not None and not future.done():
            future.set_result(self._decode(value))

    def _on_error(self, request: int, value: Any) -> None:
        future = self._waiting.pop(request, None)
        if future is not None and not future.done():
            future.set_exception(error_of(self._decode(value)))

    def _on_message(
        self, request: int, number: Any, method: bytes, wanted: int, args: Any, keywords: Any
    ) -> None:
        try:
            result = self._invoke(number, method.decode(), args, keywords)
        except Exception as error:
            self._fail(request, wanted, error)
            return
        if inspect.isawaitable(result):
            task = asyncio.ensure_future(self._answer_later(request, wanted, result))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._answer(request, wanted, result)

    def _invoke(self, number: Any, name: str, args: Any, keywords: Any) -> Any:
        target = self._find(number)
        method = getattr(target, f"remote_{name}", None)
        if method is None:
            kind = "twisted.spread.flavors.NoSuchMethod"
            raise CallError(kind, f"No such method: remote_{name} of {type(target).__name__}")
        positional = self._decode(args)
        named = {_text(key): value for key, value in self._decode(keywords).items()}
        return method(*positional, **named)

    async def _answer_later(self, request: int, wanted: int, result: Any) -> None:
        try:
            value = await result
        except Exception as error:
            self._fail(request, wanted, error)
        else:
            self._answer(request, wanted, value)

    def _answer(self, request: int, wanted: int, value: Any) -> None:
        if wanted:
            try:
                self._send([b"answer", request, jelly.encode(value, self._export)])
            except (jelly.JellyError, banana.BananaError) as error:
                self._fail(request, wanted, error)

    def _fail(self, request: int, wanted: int, error: Exception) -> None:
        log.info("a call of the master failed: %s: %s", type(error).__name__, error)
        if wanted:
            self._send([b"error", request, jelly.encode(failure_of(error), self._export)])

    def close(self) -> None:
        """The connection is gone: every open call fails."""
        self.closed = True
        self.ready.set()
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(ConnectionGone("the connection to the master is lost"))
                future.exception()  # nobody need look: the loss is reported once, by its owner
        for task in self._tasks:
            task.cancel()
        self._objects.clear()


_HANDLERS: dict[bytes, Callable[..., None]] = {
    b"version": Broker._on_version,
    b"message": Broker._on_message,
    b"answer": Broker._on_answer,
    b"error": Broker._on_error,
    b"decref": Broker._on_decref,
    b"cachemessage": lambda broker, *rest: None,
    b"decache": lambda broker, *rest: None,
    b"uncache": lambda broker, *rest: None,
    b"didNotUnderstand": lambda broker, *rest: log.warning("the peer did not understand %r", rest),
}
