# SPDX-License-Identifier: MIT
"""What a step object has only while it runs in a build."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Coroutine
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import awaited
from buildbot_cfg.process._step_results import StepResults
from buildbot_cfg.process.results import CANCELLED, FAILURE, RETRY, Results


class BuildStepFailed(Exception):
    """Raised in ``run``: the step ends with FAILURE."""


class BuildStepCancelled(Exception):
    """Raised in ``run``: the step ends with CANCELLED."""


class WorkerConnectionLost(Exception):
    """The connection to the worker is gone: the build is tried again."""


class RemoteException(Exception):
    """The worker reported an error of its own; the text is its traceback."""


#: Exceptions that say how a step ends.
ENDINGS: dict[type[Exception], int] = {
    BuildStepFailed: FAILURE,
    BuildStepCancelled: CANCELLED,
    WorkerConnectionLost: RETRY,
}
_EXPECTED = tuple(ENDINGS)


async def run_of(step: Any) -> int:
    """What ``run()`` gives, or what is meant by what it raises; all else comes out."""
    try:
        results = await awaited(step.run())
    except _EXPECTED as raised:
        return next(result for kind, result in ENDINGS.items() if isinstance(raised, kind))
    if not isinstance(results, int) or not 0 <= results < len(Results):
        name = f"{type(step).__name__} {step.name!r}"
        raise TypeError(f"run() of {name} must return a result, not {results!r}")
    return results


#: How long a step waits for those that it has made by hand.
_CHILDREN_S = 30.0


class LiveStep:
    """Handle, logs, unfinished tasks and the summary's timer of a running step."""

    def __init__(self, handle: Any, logs: Any) -> None:
        self.handle = handle
        self.logs = logs
        self.results = StepResults(handle)
        #: Unfinished; each takes itself out.
        self.tasks: set[asyncio.Future[Any]] = set()
        #: Steps that it has made by hand and that are not finished, by id.
        self.children: dict[int, Any] = {}
        self._child_ended = asyncio.Event()
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
        made_by_hand_and_over = step.stepid is not None and not step._running
        text = await (result_summary(step) if made_by_hand_and_over else current_summary(step))
        self.handle.set_state_string(text)

    def lost_child(self, stepid: int) -> None:
        """A step that it had made by hand is over."""
        self.children.pop(stepid, None)
        self._child_ended.set()

    async def _see_children_end(self) -> None:
        end = time.monotonic() + _CHILDREN_S
        while self.children:
            self._child_ended.clear()
            try:
                await asyncio.wait_for(self._child_ended.wait(), end - time.monotonic())
            except TimeoutError:
                names = sorted(self.children)
                _bridge.log("warning", f"steps that were made by hand are not finished: {names}")
                self.children.clear()

    async def settle(self) -> None:
        """Waits for everything that the step started and did not await; logs what failed there."""
        await self._see_children_end()
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


async def result_summary(step: Any) -> str:
    """What a step that was made by hand has come to, as one text."""
    summary = await awaited(step.getResultSummary())
    text: str = summary.get("step", "finished")
    return str(step.getProperties().cleanupTextFromSecrets(text))


async def current_summary(step: Any) -> str:
    """What the step is doing, as one text; one that raises is told in the master's log only."""
    try:
        summary = await awaited(step.getCurrentSummary())
    except Exception:
        _bridge.log("error", f"getCurrentSummary() failed:\n{traceback.format_exc()}")
        return "running"
    text: str = summary.get("step", "running")
    return str(step.getProperties().cleanupTextFromSecrets(text))
