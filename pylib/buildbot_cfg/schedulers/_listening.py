# SPDX-License-Identifier: MIT
"""Services that follow the master's events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.util.service import BuildbotService
from buildbot_cfg.util.ssfilter import SourceStampFilter

Row = dict[str, Any]
Take = Callable[[Row], Awaitable[None]]


class ListeningService(BuildbotService):
    """Takes up events one after the other in the order in which they came; logs what raises."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._consumers: list[Any] = []
        self._turns: asyncio.Lock | None = None
        super().__init__(*args, **kwargs)

    async def listen(self, path: tuple[str | None, ...], take: Take) -> None:
        """From now on ``take`` gets the rows of such events, each when those before it are done."""

        async def heard(key: Any, row: Row) -> None:
            async with self.turn():
                if self.running:
                    await self.contained(take, row)

        self._consumers.append(await self.master.mq.startConsuming(heard, path))

    def turn(self) -> asyncio.Lock:
        """While it is held no event is taken up."""
        if self._turns is None:
            self._turns = asyncio.Lock()  # those who wait get it in their order
        return self._turns

    async def contained(self, take: Take, row: Row) -> None:
        """Takes up one row; user code that raises costs that row only."""
        try:
            await take(row)
        except (Exception, SystemExit) as error:
            name = next((f"{key} {value}" for key, value in row.items() if key.endswith("id")), "")
            _bridge.log("error", f"{self.label}: cannot judge {name}: {error!r}")

    @started
    async def stopService(self) -> None:
        """Hears no more events."""
        for consumer in self._consumers:
            await awaited(consumer.stopConsuming())
        self._consumers.clear()
        await awaited(super().stopService())

    async def cancel(self, request: int, reason: str) -> None:
        """Cancels a request that waits, or stops its build."""
        try:
            await self.master.data.control("cancel", {"reason": reason}, ("buildrequests", request))
        except Exception as error:
            _bridge.log("error", f"{self.label}: request {request} is not cancelled: {error!r}")


async def passes(filters: Iterable[SourceStampFilter], stamp: Row) -> bool:
    """Whether a source stamp passes one of the filters."""
    for wanted in filters:
        if await _watch.ask(wanted.is_matched, stamp):
            return True
    return False
