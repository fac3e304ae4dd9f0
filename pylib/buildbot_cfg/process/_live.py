# SPDX-License-Identifier: MIT
"""What a step object has only while it runs in a build."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Coroutine
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import awaited


class BuildStepFailed(Exception):
    """Raised in ``run``: the step ends with FAILURE."""


class BuildStepCancelled(Exception):
    """Raised in ``run``: the step ends with CANCELLED."""


class WorkerConnectionLost(Exception):
    """The connection to the worker is gone: the build is tried again."""


class RemoteError(Exception):
    """The worker reported an error of its own; the text is its traceback."""


_EXPECTED = (BuildStepFailed, BuildStepCancelled, WorkerConnectionLost)


class LiveStep:
    """Handle, logs, unfinished tasks and the summary's timer of a running step."""

    def __init__(self, handle: Any, logs: Any) -> None:
        self.handle = handle
        self.logs = logs
        #: Unfinished; each takes itself out.
        self.tasks: set[asyncio.Future[Any]] = set()
        #: The build is being stopped.
        self.is_stopped = False
        self._busy = 0
        self._idle: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def summary_due(self, step: Any) -> None:
        """Shows the step's current summary one second from now, unless that is planned already."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(1.0, self._show, step)

    def _show(self, step: Any) -> None:
        self._timer = None
        self.watch(self._show_summary(step))

    def watch(self, answer: Any) -> None:
        """Lets the step wait for something that nobody awaits."""
        task = asyncio.ensure_future(answer)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def counted(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs it; the step does not end before."""
        self._busy += 1
        try:
            return await coroutine
        finally:
            self._busy -= 1
            if self._idle is not None and not self._busy and not self._idle.done():
                self._idle.set_result(None)

    async def _show_summary(self, step: Any) -> None:
        text = await current_summary(step)
        self.handle.set_state_string(text)

    async def settle(self) -> None:
        """Waits for everything that the step started and did not await; logs what failed there."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        own = asyncio.current_task()
        while waiting := [task for task in self.tasks if task is not own]:
            for result in await asyncio.gather(*waiting, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, _EXPECTED):
                    _bridge.log("warning", f"something that a step started failed: {result!r}")
        while self._busy:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle


async def current_summary(step: Any) -> str:
    """What the step is doing, as one text; one that raises is told in the master's log only."""
    try:
        summary = await awaited(step.getCurrentSummary())
    except Exception:
        _bridge.log("error", f"getCurrentSummary() failed:\n{traceback.format_exc()}")
        return "running"
    text: str = summary.get("step", "running")
    return str(step.getProperties().cleanupTextFromSecrets(text))
