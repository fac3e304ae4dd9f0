# SPDX-License-Identifier: MIT
"""One Python step of one build: the five verbs that the engine's step table calls."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import awaited
from buildbot_cfg._view_locks import AccessView, access_views
from buildbot_cfg.process import _summary
from buildbot_cfg.process._live import (
    LiveStep,
    current_summary,
    run_of,
)
from buildbot_cfg.process._rendering import holds_renderable, render
from buildbot_cfg.process.log import StepLogs
from buildbot_cfg.process.results import CANCELLED, EXCEPTION, FLAGS, RETRY


class StepRunner:
    """Makes the step of its recipe, and runs it."""

    def __init__(self, session: Any, recipe: Any) -> None:
        self.session = session
        self.step: Any = recipe.running_copy()
        self._live: Any = None

    @classmethod
    def of(cls, session: Any, step: Any) -> StepRunner:
        """Runs a step that was made already."""
        runner = cls.__new__(cls)
        runner.session, runner.step, runner._live = session, step, None
        return runner

    def describe(self) -> str:
        """A name for messages."""
        return f"{type(self.step).__name__} {self.step.name!r}"

    def always_run(self) -> bool:
        """Whether the step runs although its build is ending; asked before anything is rendered."""
        return bool(self.step.alwaysRun)

    async def prepare(self, handle: Any) -> dict[str, Any]:
        """Renders everything and asks doStepIf; an exception is told as ``error``."""
        step = self.step
        self.session.current = handle
        self._live = LiveStep(
            handle, StepLogs(handle, step.logEncoding or self.session.log_encoding)
        )
        step.__dict__["_live"] = self.session.live = self._live
        for logname, observer in step._early_observers:
            self._live.logs.observe(logname, observer)
        step.setBuild(self.session.build)
        step.setWorker(self.session.worker)
        error, skip, state = None, False, ""
        locks: list[AccessView] = []
        try:
            await self.session.store_renderables()
            await self._render()
            skip = not await self._wanted()
            if not skip:
                step.locks = await render(step.locks, step.getProperties())
                locks = access_views(step.locks)
            state = await current_summary(step)
        except BaseException:
            error = traceback.format_exc()
            self._forget_unrendered_texts()
        self.session.build.executedSteps.append(step)
        return {
            **self._prepared(skip, state, error),
            "locks": locks,
            "waiting_string": await self._waiting(locks),
        }

    async def _waiting(self, locks: list[AccessView]) -> str:
        """What is shown while the step waits for locks: what it would be, if it were over."""
        if not locks:
            return ""
        try:
            return str((await awaited(self.step.getResultSummary())).get("step", ""))
        except Exception:  # it need not be able to say that before it runs
            return ""

    def _prepared(self, skip: bool, state: str, error: str | None) -> dict[str, Any]:
        step = self.step
        return {
            "name": step.name if isinstance(step.name, str) else type(step).__name__,
            "flags": tuple(bool(getattr(step, name)) for name in FLAGS),
            "always_run": bool(step.alwaysRun),
            "build_summary_policy": list(step.updateBuildSummaryPolicy),
            "skip": skip,
            "state_string": state,
            "error": error,
        }

    async def _render(self) -> None:
        step = self.step
        properties = self.session.build.getProperties()
        step.name = await render(step.name, properties)
        names = _renderables(type(step))
        values = [getattr(step, name) for name in names]
        rendered = await asyncio.gather(*(render(value, properties) for value in values))
        for name, before, after in zip(names, values, rendered, strict=True):
            if after is not before:
                setattr(step, name, after)

    def _forget_unrendered_texts(self) -> None:
        for name in ("description", "descriptionDone", "descriptionSuffix"):
            if holds_renderable(getattr(self.step, name)):
                setattr(self.step, name, None)

    async def _wanted(self) -> bool:
        wanted = self.step.doStepIf
        if not isinstance(wanted, bool):  # what renders to anything else is called, too, and raises
            wanted = await awaited(wanted(self.step))
        return bool(wanted)

    async def run(self, name: str) -> dict[str, Any]:
        """Runs the step under its name, which is unique in the build; exceptions become results."""
        step = self.step
        step.name = name
        error = None
        try:
            await awaited(step.addTestResultSets())
            results = await run_of(step)
        except BaseException:  # sys.exit() and KeyboardInterrupt end the step, not the master
            results, error = EXCEPTION, traceback.format_exc()
        await self._live.settle()
        if step.stopped and results not in (RETRY, CANCELLED):
            results = EXCEPTION
        step.results = results
        return {"results": int(results), "error": error}

    def interrupt(self, reason: Any) -> None:
        """Tells the step that it is to stop."""
        self.session.build.stopped = True
        answer = self.step.interrupt(reason)
        if inspect.isawaitable(answer):
            self._live.watch(answer)

    def log_added(self, logid: int, name: str, slug: str) -> None:
        """The first text of a lazy log file has come."""
        self._live.logs.made(logid, name, slug)

    async def finish(self, results: int) -> dict[str, Any]:
        """Asks hideStepIf, ends the logs and makes the last summary."""
        step = self.step
        step.results = results
        errors: list[str] = []
        hidden = False
        try:
            hidden = await self._hidden()
        except BaseException:
            errors.append(traceback.format_exc())
        try:
            await self.session.store_renderables()
        except BaseException:
            errors.append(traceback.format_exc())
        await self._live.settle()
        await self._finish_results()
        raised = await self._live.logs.close()
        for error in raised:  # told in the master's log only, as Buildbot does
            text = "".join(traceback.format_exception(error))
            _bridge.log("error", f"a log observer of {self.describe()} failed:\n{text}")
        if errors or raised:
            step.results, hidden = EXCEPTION, False
        summary = await self._summary(errors)
        self.session.current = self.session.live = None
        return {
            "results": step.results,
            "hidden": hidden,
            "step": summary.get("step", "finished"),
            "build": summary.get("build"),
            "error": "\n".join(errors) or None,
        }

    async def _finish_results(self) -> None:
        try:
            await self._live.results.finish()
        except Exception as error:
            _bridge.log("error", f"test results of {self.describe()} are not complete: {error!r}")

    async def _hidden(self) -> bool:
        hidden = self.step.hideStepIf
        if callable(hidden):
            hidden = await awaited(hidden(self.step.results, self.step))
        return bool(hidden)

    async def _summary(self, errors: list[str]) -> dict[str, str]:
        step = self.step
        try:
            summary: dict[str, str] = await step.getBuildResultSummary()
            if "step" not in summary:  # the build does not tell what has no words of its own
                summary.setdefault("build", "")
        except BaseException:
            errors.append(traceback.format_exc())
            step.results = EXCEPTION
            summary = {"step": _summary.outcome(step, "finished")}
        clean = step.getProperties().cleanupTextFromSecrets
        return {key: clean(text) for key, text in summary.items()}


def _renderables(cls: type) -> list[str]:
    names = [name for base in cls.__mro__ for name in base.__dict__.get("renderables", ())]
    return list(dict.fromkeys(names))
