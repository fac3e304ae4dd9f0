# SPDX-License-Identifier: MIT
"""``master.db.sourcestamps``."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.db._component import Component


@dataclass
class PatchModel:
    """A patch on top of a source stamp."""

    patchid: int
    body: bytes
    level: int
    author: str
    comment: str
    subdir: str | None = None


@dataclass
class SourceStampModel:
    """What was built of one codebase."""

    ssid: int
    branch: str | None
    revision: str | None
    repository: str
    created_at: datetime.datetime
    codebase: str = ""
    project: str = ""
    patch: PatchModel | None = None


class SourceStampsConnectorComponent(Component):
    """``master.db.sourcestamps``."""

    @started
    async def getSourceStamp(self, ssid: int) -> SourceStampModel | None:
        """A source stamp by its id."""
        row = await self._get(("sourcestamps", ssid))
        return None if row is None else _stamp(row)

    @started
    async def getSourceStamps(self) -> list[SourceStampModel]:
        """All source stamps."""
        return [_stamp(row) for row in await self._get(("sourcestamps",))]

    @started
    async def get_sourcestamps_for_buildset(self, buildsetid: int) -> list[SourceStampModel]:
        """Those of a buildset."""
        buildset = await self._get(("buildsets", buildsetid))
        return [_stamp(row) for row in buildset["sourcestamps"]] if buildset else []

    @started
    async def getSourceStampsForBuild(self, buildid: int) -> list[SourceStampModel]:
        """Those of a build."""
        build = await self._get(("builds", buildid))
        request = build and await self._get(("buildrequests", build["buildrequestid"]))
        if not request:
            return []
        stamps: list[SourceStampModel] = await self.get_sourcestamps_for_buildset(
            request["buildsetid"]
        )
        return stamps


def _stamp(row: dict[str, Any]) -> SourceStampModel:
    keys = ("ssid", "branch", "revision", "repository", "created_at", "codebase", "project")
    patch = row["patch"]
    return SourceStampModel(patch=_patch(patch) if patch else None, **{k: row[k] for k in keys})


def _patch(row: dict[str, Any]) -> PatchModel:
    body = row["body"]
    return PatchModel(
        patchid=row["patchid"],
        body=body.encode() if isinstance(body, str) else body,
        level=row["level"],
        author=row["author"],
        comment=row["comment"],
        subdir=row["subdir"],
    )
