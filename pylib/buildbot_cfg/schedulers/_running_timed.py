# SPDX-License-Identifier: MIT
"""What schedulers with a clock do that decide in Python."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._tasks import awaited, done, started
from buildbot_cfg.schedulers._running import AbsoluteSourceStampsMixin, RunningScheduler
from buildbot_cfg.util import NotABranch

#: The clock of the system may be set: it is looked at as often as that.
_LONGEST_SLEEP_S = 60.0
_BELIEVABLE_FUTURE_S = 900.0


class RunningTimed(AbsoluteSourceStampsMixin, RunningScheduler):
    """Builds when ``getNextBuildTime`` says so."""

    onlyIfChanged: bool
    onlyImportant: bool
    reason: str
    branch: Any
    change_filter: Any
    fileIsImportant: Any

    _clock: asyncio.Task[None] | None = None
    _looks_again: asyncio.Event | None = None
    _is_first = False
    _was_on = False

    @started
    async def activate(self) -> None:
        """Begins to look at the clock, and at changes when they count."""
        await awaited(super().activate())
        if not self.enabled:
            return
        if self.onlyIfChanged or self.createAbsoluteSourceStamps:
            await awaited(
                self.startConsumingChanges(
                    self.fileIsImportant, self.change_filter, self.onlyImportant
                )
            )
        self._looks_again = asyncio.Event()
        self._clock = asyncio.ensure_future(self._look_forever(self._looks_again))

    @started
    async def deactivate(self) -> None:
        """Ends."""
        await awaited(super().deactivate())
        clock, self._clock = self._clock, None
        if clock is not None:
            clock.cancel()

    def now(self) -> float:
        """The time, in seconds since the epoch."""
        return time.time()

    def getNextBuildTime(self, lastActuation: float | None) -> Any:
        """When to build next, in seconds since the epoch; None: never. May be async.

        Args:
            lastActuation: when it last was due; None: never yet.
        """
        raise NotImplementedError(f"{type(self).__name__} has no getNextBuildTime()")

    def scheduleNextBuild(self) -> Any:
        """Asks getNextBuildTime again."""
        if self._looks_again is not None:
            self._looks_again.set()
        return done()

    @started
    async def gotChange(self, change: Any, important: bool) -> None:
        """Remembers the change until it is time."""
        if self.branch is not NotABranch and change.branch != self.branch:
            return
        await awaited(self.recordChange(change))
        if self.onlyIfChanged:
            await self._keep(change.number, "", important)

    @started
    async def startBuild(self) -> None:
        """It is time: builds, unless only changes count and there were none."""
        kept = await self._kept()
        if self.onlyIfChanged and not self._is_first and self._was_on:
            is_forced = await _watch.follow(
                self.maybe_force_build_on_unimportant_changes, self.now()
            )
            if not is_forced and not any(important for _, important in kept.values()):
                what = f"{self.label} builds nothing: there were no important changes"
                _bridge.log("info", what)
                return
        if kept:
            await _watch.follow(
                self.addBuildsetForChanges,
                reason=self.reason,
                changeids=sorted(kept),
                priority=self.priority,
            )
            await self._drop(kept)
            return
        stamps = [{"codebase": codebase} for codebase in self.codebases]
        await _watch.follow(
            self.addBuildsetForSourceStampsWithDefaults,
            reason=self.reason,
            sourcestamps=stamps,
            priority=self.priority,
        )

    def maybe_force_build_on_unimportant_changes(self, current_actuation_time: float) -> Any:
        """Whether it builds now although no important change came."""
        return False

    async def _look_forever(self, looks_again: asyncio.Event) -> None:
        last = await awaited(self.getState("last_build", None))
        while True:
            looks_again.clear()
            if last is not None and last > self.now() + _BELIEVABLE_FUTURE_S:
                what = "has built in the future, as the clock shows it: it goes on from now"
                _bridge.log("warning", f"{self.label} {what}")
                last = self.now()
            due = await self._guarded("getNextBuildTime", self.getNextBuildTime, last)
            left = _LONGEST_SLEEP_S if due is None else due - self.now()
            if due is not None and left <= 0:
                at = due if -left <= _LONGEST_SLEEP_S else self.now()
                await self._build(at, last is None)
                last = at
                continue
            try:
                await asyncio.wait_for(looks_again.wait(), min(left, _LONGEST_SLEEP_S))
            except asyncio.TimeoutError:
                continue

    async def _build(self, at: float, is_first: bool) -> None:
        self._is_first = is_first
        self._was_on = bool(await awaited(self.getState("last_only_if_changed", True)))
        await awaited(self.setState("last_build", at))
        await self._guarded("startBuild", self.startBuild)
        await awaited(self.setState("last_only_if_changed", self.onlyIfChanged))
