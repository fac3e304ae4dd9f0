# SPDX-License-Identifier: MIT
"""A scheduler that builds after another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg import _watch
from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.process.results import SUCCESS, WARNINGS
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler


class Dependent(ReconfigurableBaseScheduler):
    """Builds the same source once all builds of another scheduler have succeeded.

    Args:
        name: unique among schedulers.
        upstream: the other scheduler.
        builderNames: what is built then.
    """

    def __init__(
        self,
        name: str,
        upstream: Any,
        builderNames: Any,
        *,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        if not isinstance(upstream, ReconfigurableBaseScheduler):
            report(f'"upstream" must be another scheduler, not {shown(upstream)}', self.label)
        self.upstream_name = str(getattr(upstream, "name", ""))
        self.reason = "downstream"

    # -- of classes that decide in Python ----------------------------------------------------------

    _consumers: Any = ()

    @started
    async def activate(self) -> None:
        """Begins to look at the other scheduler's buildsets."""
        await awaited(super().activate())
        if not self.enabled:
            return
        for bsid in await self._pending():
            row = await self.master.data.get(("buildsets", bsid))
            if row is not None and row["complete"]:
                await self._follow(row)
        mq = self.master.mq
        self._consumers = [
            await mq.startConsuming(self._added, ("buildsets", None, "new")),
            await mq.startConsuming(self._ended, ("buildsets", None, "complete")),
        ]

    @started
    async def deactivate(self) -> None:
        """Ends; the buildsets that it waits for are remembered."""
        await awaited(super().deactivate())
        for consumer in self._consumers:
            await awaited(consumer.stopConsuming())
        self._consumers = ()

    async def _added(self, _key: Any, row: dict[str, Any]) -> None:
        if row.get("scheduler") == self.upstream_name:
            await self.setState("upstream_bsids", sorted({*await self._pending(), row["bsid"]}))

    async def _ended(self, _key: Any, row: dict[str, Any]) -> None:
        if row["bsid"] in await self._pending():
            await self._guarded(f"buildset {row['bsid']}", self._follow, row)

    async def _pending(self) -> list[int]:
        return list(await self.getState("upstream_bsids", []))

    async def _follow(self, row: dict[str, Any]) -> None:
        pending = [bsid for bsid in await self._pending() if bsid != row["bsid"]]
        await self.setState("upstream_bsids", pending)
        if row["results"] in (SUCCESS, WARNINGS):
            stamps = [stamp["ssid"] for stamp in row["sourcestamps"]]
            await _watch.follow(
                self.addBuildsetForSourceStamps,
                sourcestamps=stamps,
                reason=self.reason,
                priority=self.priority,
            )
