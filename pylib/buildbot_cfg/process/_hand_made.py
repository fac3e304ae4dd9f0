# SPDX-License-Identifier: MIT
"""Steps that user code makes by hand while another step of the build runs.

Such a step has its row, logs and links; what it does is the business of who made it. It is over
when ``master.data.updates.finishStep`` says so, or when the step that made it ends.
"""

from __future__ import annotations

import traceback
from typing import Any
from weakref import WeakValueDictionary

from buildbot_cfg._bridge import log
from buildbot_cfg._tasks import begun
from buildbot_cfg.process._live import (
    LiveStep,
    current_summary,
    result_summary,
    run_of,
)
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.log import StepLogs
from buildbot_cfg.process.results import EXCEPTION


class HandMadeHandle:
    """What such a step may ask of the engine, through the step that made it."""

    def __init__(self, maker: LiveStep, stepid: int) -> None:
        self._maker, self.stepid = maker, stepid
        #: Types of its logs, by id.
        self.logs: dict[int, str] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._maker.handle, name)

    async def add_log(self, name: str, type: str) -> tuple[int, str]:
        """Its id and slug."""
        made: tuple[int, str] = await self._maker.handle.add_sub_log(self.stepid, name, type)
        self.logs[made[0]] = type
        return made

    async def add_url(self, name: str, url: str) -> None:
        """Shows a link with the step."""
        await self._maker.handle.add_sub_url(self.stepid, name, url)

    def set_state_string(self, text: str) -> None:
        """Shows what the step does."""
        self._maker.handle.set_sub_state(self.stepid, text)

    async def finish(self, results: int, hidden: bool) -> None:
        """Ends the step."""
        _open.pop(self.stepid, None)
        try:
            await self._maker.handle.finish_sub_step(self.stepid, int(results), bool(hidden))
        finally:
            self._maker.lost_child(self.stepid)


#: Those that are not finished, by id; gone with their maker.
_open: WeakValueDictionary[int, HandMadeHandle] = WeakValueDictionary()


def open_step(stepid: int) -> HandMadeHandle:
    """The handle of a step that was made by hand and is not finished.

    Raises:
        KeyError: there is none of this id.
    """
    found = _open.get(stepid)
    if found is None:
        raise KeyError(f"step {stepid} is over, or was not made by hand in a running step")
    return found


def open_log(logid: int) -> tuple[HandMadeHandle, str]:
    """The handle of the step that has this log, and the log's type.

    Raises:
        KeyError: no step that was made by hand and is not finished has it.
    """
    for handle in _open.values():
        if logid in handle.logs:
            return handle, handle.logs[logid]
    raise KeyError(f"log {logid} belongs to no step that was made by hand and is not finished")


async def new_step(maker: LiveStep, name: str) -> tuple[HandMadeHandle, int, str]:
    """Makes one; returns its handle, its number in the build, and its name, unique there."""
    stepid, number, unique = await maker.handle.add_sub_step(name)
    handle = _open[stepid] = maker.children[stepid] = HandMadeHandle(maker, stepid)
    return handle, number, unique


class SummaryTimer:
    """The step's delayed summary, by the name that users know."""

    def __init__(self, step: Any) -> None:
        self._step = step

    def __call__(self) -> None:
        self._step.updateSummary()

    @begun
    async def stop(self) -> None:
        """Shows the summary a last time."""
        step = self._step
        if step._live is not None:
            text = await (current_summary(step) if step._running else result_summary(step))
            step._live.handle.set_state_string(text)


class HandMadeMixin:
    """What a step has for whoever runs it by hand."""

    stepid: int | None = None
    number: int | None = None
    #: Its maker says whether it runs: that decides which summary is shown.
    _running: Any = False

    @property
    def _update_summary_debouncer(self) -> SummaryTimer:
        return SummaryTimer(self)

    @begun
    async def addStep(self) -> None:
        """Makes the step's row: for steps that are made by hand, all others have one.

        Raises:
            RuntimeError: no step of its build runs.
        """
        step: Any = self
        if step._live is not None:
            return
        maker = None if step.build is None else step.build.running_step()
        if maker is None:
            what = "a step can be made by hand only while another one of its build runs"
            raise RuntimeError(what)
        handle, self.number, step.name = await new_step(maker, str(step.name))
        self.stepid = handle.stepid
        step.__dict__["_live"] = live = LiveStep(
            handle, StepLogs(handle, step.logEncoding or maker.logs.encoding)
        )
        for logname, observer in step._early_observers:
            live.logs.observe(logname, observer)

    @begun
    async def startStep(self, remote: Any) -> int:
        """Runs a step that was made by hand; returns its result.

        Args:
            remote: of no use; who overrides the method gets what the caller gives.
        """
        step: Any = self
        step.name = await render(step.name, step.getProperties())
        await self.addStep()
        self._running = True
        try:
            results = await run_of(step)
        except Exception as error:
            results = EXCEPTION
            await step.addLogWithException(error)
        finally:
            self._running = False
        step.results = results
        if not await self._cleanup_logs():
            step.results = EXCEPTION
        await self._update_summary_debouncer.stop()
        await step._live.results.finish()
        await step._live.handle.finish(step.results, False)
        return int(step.results)

    @begun
    async def _cleanup_logs(self) -> bool:
        """Ends the logs; False: an observer failed."""
        step: Any = self
        raised = await step._live.logs.close()
        for error in raised:
            text = "".join(traceback.format_exception(error))
            log("error", f"a log observer of {step!r} failed:\n{text}")
        return not raised
