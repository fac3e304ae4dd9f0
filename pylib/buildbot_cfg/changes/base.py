# SPDX-License-Identifier: MIT
"""What all change sources have in common."""

from __future__ import annotations

import asyncio
import random
import traceback
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._declared import Declared, quoted
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited
from buildbot_cfg._where import Location, user_frame


class ChangeSource(metaclass=Declared):
    """Reports changes while it is started.

    Args:
        name: unique among change sources.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name if name is not None else type(self).__name__
        self.label = quoted("change source", self.name)
        #: Where the user's file makes it.
        self.location: Location = user_frame()
        check_type(self.label, "name", self.name, str)

    @property
    def master(self) -> Any:
        """The running master."""
        from buildbot_cfg._master import MASTER

        return MASTER

    def describe(self) -> str:
        """What it does, for people."""
        return self.label

    def is_same_as(self, other: ChangeSource) -> bool:
        """Whether the other one would do just the same."""
        if type(self) is not type(other):
            return False
        return self._settings() == other._settings()

    def _settings(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if not k.startswith("_") and k != "location"}

    async def start(self) -> None:
        """Begins to report."""

    async def reconfigure(self, new: ChangeSource) -> None:
        """Takes over the settings of its namesake in a new configuration; keeps what it knows."""
        await awaited(self.stop())
        for key, value in new._settings().items():
            setattr(self, key, value)
        self.location = new.location
        await awaited(self.start())

    async def stop(self) -> None:
        """Ends; nothing is reported afterwards."""


class ReconfigurablePollingChangeSource(ChangeSource):
    """Looks for changes again and again; subclasses implement ``async def poll(self)``.

    Args:
        name: unique among change sources.
        pollInterval: seconds between two looks.
        pollAtLaunch: look at once when the master starts.
        pollRandomDelayMin: seconds that each look is late at least.
        pollRandomDelayMax: seconds that each look is late at most.
    """

    def __init__(
        self,
        name: str | None = None,
        pollInterval: float = 600,
        pollAtLaunch: bool = False,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
    ) -> None:
        super().__init__(name)
        label = self.label
        check_type(label, "pollAtLaunch", pollAtLaunch, bool)
        given = {
            "pollInterval": pollInterval,
            "pollRandomDelayMin": pollRandomDelayMin,
            "pollRandomDelayMax": pollRandomDelayMax,
        }
        checked = [check_type(label, key, value, int, float) for key, value in given.items()]
        if all(checked):
            self._check_times(pollInterval, pollRandomDelayMin, pollRandomDelayMax)
        self.pollInterval, self.pollAtLaunch = pollInterval, pollAtLaunch
        self.pollRandomDelayMin, self.pollRandomDelayMax = pollRandomDelayMin, pollRandomDelayMax
        self._task: asyncio.Task[None] | None = None
        self._asked: asyncio.Event | None = None

    def _check_times(self, interval: float, least: float, most: float) -> None:
        if interval < 0:
            report(f'"pollInterval" must not be negative, not {shown(interval)}', self.label)
        if least < 0:
            report(f'"pollRandomDelayMin" must not be negative, not {shown(least)}', self.label)
        if most and most >= interval:
            report('"pollRandomDelayMax" must be less than "pollInterval"', self.label)
        if least > most:
            report('"pollRandomDelayMin" must not exceed "pollRandomDelayMax"', self.label)

    async def poll(self) -> Any:
        """Looks once."""
        raise NotImplementedError(f"{type(self).__name__} has no poll()")

    def force(self) -> None:
        """Looks as soon as possible."""
        if self._asked is not None:
            self._asked.set()

    async def start(self) -> None:
        """Begins to look."""
        self._asked = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._look_forever(self._asked))

    async def stop(self) -> None:
        """Ends; a look that is under way is broken off."""
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
