# SPDX-License-Identifier: MIT
"""``master.db.logs``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.db._component import Component


@dataclass
class LogModel:
    """One log."""

    id: int
    name: str
    slug: str
    stepid: int
    complete: bool
    num_lines: int
    type: str


class LogsConnectorComponent(Component):
    """``master.db.logs``."""

    @started
    async def getLog(self, logid: int) -> LogModel | None:
        """A log by its id."""
        return _log(await self._get(("logs", logid)))

    @started
    async def getLogBySlug(self, stepid: int, slug: str) -> LogModel | None:
        """A log of a step by its name in addresses."""
        return _log(await self._get(("steps", stepid, "logs", slug)))

    @started
    async def getLogs(self, stepid: int | None = None) -> list[LogModel]:
        """The logs of a step.

        Raises:
            ValueError: no step is named; the logs of all steps are not to be had at once.
        """
        if stepid is None:
            raise ValueError("getLogs needs a stepid in this version")
        rows = await self._get(("steps", stepid, "logs")) or ()
        return [log for row in rows if (log := _log(row)) is not None]

    @started
    async def getLogLines(self, logid: int, first_line: int, last_line: int) -> str:
        """Lines of a log, both included, each with its end; as far as there are such lines."""
        if first_line > last_line:
            return ""
        count = last_line - first_line + 1
        found = await self._get(("logs", logid, "contents"), offset=first_line, limit=count)
        text: str = found["content"] if found else ""
        return text


def _log(row: dict[str, Any] | None) -> LogModel | None:
    keys = ("name", "slug", "stepid", "complete", "num_lines", "type")
    return None if row is None else LogModel(id=row["logid"], **{key: row[key] for key in keys})
