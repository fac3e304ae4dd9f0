# SPDX-License-Identifier: MIT
"""What all change sources have in common."""

from __future__ import annotations

import asyncio
import random
import traceback
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.util.service import ClusteredBuildbotService


class ChangeSource(ClusteredBuildbotService):
    """Reports changes while it is active.

    Args:
        name: unique among change sources.
    """

    def describe(self) -> str:
        """What it does, for people."""
        return self.label


class ReconfigurablePollingChangeSource(ChangeSource):
    """Looks for changes again and again; subclasses implement ``async def poll(self)``.

    Args:
        name: unique among change sources.
        pollInterval: seconds between two looks.
        pollAtLaunch: look at once when the master starts.
        pollRandomDelayMin: seconds that each look is late at least.
        pollRandomDelayMax: seconds that each look is late at most.
    """

    pollInterval: float | None = None
    pollAtLaunch: bool | None = None
    _task: asyncio.Task[None] | None = None
    _asked: asyncio.Event | None = None

    def checkConfig(
        self,
        name: str | None = None,
        pollInterval: float = 600,
        pollAtLaunch: bool = False,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        label = self.label
        given = {
            "pollInterval": pollInterval,
            "pollRandomDelayMin": pollRandomDelayMin,
            "pollRandomDelayMax": pollRandomDelayMax,
        }
        checked = [check_type(label, key, value, int, float) for key, value in given.items()]
        if all(checked):
            self._check_times(pollInterval, pollRandomDelayMin, pollRandomDelayMax)

    def _check_times(self, interval: float, least: float, most: float) -> None:
        if interval < 0:
            report(f'"pollInterval" must not be negative, not {shown(interval)}', self.label)
        if least < 0:
            report(f'"pollRandomDelayMin" must not be negative, not {shown(least)}', self.label)
        if most < 0:
            report(f'"pollRandomDelayMax" must not be negative, not {shown(most)}', self.label)
        elif most and most >= interval:
            report('"pollRandomDelayMax" must be less than "pollInterval"', self.label)
        elif least > most:
            report('"pollRandomDelayMin" must not exceed "pollRandomDelayMax"', self.label)

    @started
    async def reconfigService(
        self,
        name: str | None = None,
        pollInterval: float = 600,
        pollAtLaunch: bool = False,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
    ) -> Any:
        """Takes over the arguments."""
        self.pollInterval, self.pollAtLaunch = pollInterval, pollAtLaunch
        self.pollRandomDelayMin, self.pollRandomDelayMax = pollRandomDelayMin, pollRandomDelayMax
        if self._task is not None:
            await self._stop_looking()
            self._start_looking()

    async def poll(self) -> Any:
        """Looks once."""
        raise NotImplementedError(f"{type(self).__name__} has no poll()")

    def force(self) -> None:
        """Looks as soon as possible."""
        if self._asked is not None:
            self._asked.set()

    def activate(self) -> Any:
        """Begins to look."""
        self._start_looking()

    @started
    async def deactivate(self) -> None:
        """Ends; a look that is under way is broken off."""
        await self._stop_looking()

    def _start_looking(self) -> None:
        self._asked = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._look_forever(self._asked))

    async def _stop_looking(self) -> None:
        task, self._task, self._asked = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _look_forever(self, asked: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        if not self.pollAtLaunch:
            await self._pause(asked, begin)
        while True:
            asked.clear()
            await self._look()
            await self._pause(asked, begin)

    async def _pause(self, asked: asyncio.Event, begin: float) -> None:
        """Waits until the next whole interval since the start, or until somebody asks."""
        if not self.pollInterval:
            await asked.wait()
            return
        now = asyncio.get_running_loop().time()
        pause = self.pollInterval - (now - begin) % self.pollInterval
        pause += random.uniform(self.pollRandomDelayMin, self.pollRandomDelayMax)
        try:
            await asyncio.wait_for(asked.wait(), pause)
        except asyncio.TimeoutError:
            return

    async def _look(self) -> None:
        try:
            await awaited(self.poll())
        except asyncio.CancelledError:
            raise
        except Exception as error:
            _bridge.log("debug", traceback.format_exc())
            _bridge.log("error", f"{self.label}: poll failed: {error}")
