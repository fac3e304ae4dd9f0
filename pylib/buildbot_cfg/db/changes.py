# SPDX-License-Identifier: MIT
"""``master.db.changes``."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.data.resultspec import Filter
from buildbot_cfg.db._component import Component


@dataclass
class ChangeModel:
    """One change, as ``master.db.changes`` gives it and priority functions see it."""

    changeid: int
    author: str
    committer: str | None
    comments: str
    branch: str | None
    revision: str | None
    revlink: str | None
    when_timestamp: datetime.datetime
    category: str | None
    sourcestampid: int | None
    parent_changeids: list[int]
    repository: str
    codebase: str
    project: str
    files: list[str]
    properties: dict[str, tuple[Any, str]]

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> ChangeModel:
        """Makes one of a row as REST gives it."""
        made: dict[str, Any] = {name: row.get(name) for name in cls.__dataclass_fields__}
        when = datetime.datetime.fromtimestamp(row["when_timestamp"], tz=datetime.timezone.utc)
        made["when_timestamp"] = when
        made["sourcestampid"] = (row.get("sourcestamp") or {}).get("ssid")
        return cls(**made)


class ChangesConnectorComponent(Component):
    """``master.db.changes``."""

    @started
    async def getChange(self, changeid: int) -> ChangeModel | None:
        """A change by its id."""
        row = await self._get(("changes", changeid))
        return None if row is None else ChangeModel.from_row(row)

    @started
    async def getChanges(self, resultSpec: Any = None) -> list[ChangeModel]:
        """All changes, or those that are asked for; the oldest first unless another order is."""
        rows = await self._rows(("changes",), resultSpec)
        if not getattr(resultSpec, "order", None):
            rows = sorted(rows, key=lambda row: row["changeid"])
        return [ChangeModel.from_row(row) for row in rows]

    @started
    async def getChangesCount(self) -> int:
        """How many changes there are."""
        return len(await self._get(("changes",), fields=["changeid"]))

    @started
    async def getChangesForBuild(self, buildid: int) -> list[ChangeModel]:
        """The changes that a build is to blame on."""
        return [
            ChangeModel.from_row(row)
            for row in await self._get(("builds", buildid, "changes")) or ()
        ]

    @started
    async def getChangeFromSSid(self, sourcestampid: int) -> ChangeModel | None:
        """A change of a source stamp; None when there is none."""
        rows = await self._get(("sourcestamps", sourcestampid, "changes"))
        return ChangeModel.from_row(rows[0]) if rows else None

    @started
    async def getLatestChangeid(self) -> int | None:
        """The id of the newest change."""
        return await self._newest([])

    @started
    async def getParentChangeIds(
        self, branch: str | None, repository: str, project: str, codebase: str
    ) -> list[int]:
        """The id of the newest change of this kind in a list; [] when there is none."""
        wanted = {"branch": branch, "repository": repository, "project": project}
        filters = [Filter(key, "eq", [value]) for key, value in wanted.items()]
        found = await self._newest([*filters, Filter("codebase", "eq", [codebase])])
        return [] if found is None else [found]

    async def _newest(self, filters: list[Filter]) -> int | None:
        rows = await self._get(
            ("changes",), filters=filters, fields=["changeid"], order=["-changeid"], limit=1
        )
        return rows[0]["changeid"] if rows else None
