# SPDX-License-Identifier: MIT
"""``master.db.steps``."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.db._component import Component


@dataclass
class UrlModel:
    """A link of a step's."""

    name: str
    url: str


@dataclass
class StepModel:
    """One step."""

    id: int
    number: int
    name: str
    buildid: int
    started_at: datetime.datetime | None
    locks_acquired_at: datetime.datetime | None
    complete_at: datetime.datetime | None
    state_string: str
    results: int | None
    urls: list[UrlModel]
    hidden: bool


class StepsConnectorComponent(Component):
    """``master.db.steps``."""

    @started
    async def getStep(
        self,
        stepid: int | None = None,
        buildid: int | None = None,
        number: int | None = None,
        name: str | None = None,
    ) -> StepModel | None:
        """A step by its id, or by its build and its number or name."""
        if stepid is not None:
            path: tuple[Any, ...] = ("steps", stepid)
        elif buildid is None:
            raise RuntimeError("a step is found by stepid, or by buildid with number or name")
        elif number is None and name is None:
            raise RuntimeError("a step of a build is found by its number or name")
        else:
            path = ("builds", buildid, "steps", name if number is None else number)
        row = await self._get(path)
        return None if row is None else _step(row)

    @started
    async def getSteps(self, buildid: int) -> list[StepModel]:
        """The steps of a build."""
        rows = await self._get(("builds", buildid, "steps"), order=["number"])
        return [_step(row) for row in rows or ()]


def _step(row: dict[str, Any]) -> StepModel:
    keys = (
        "number", "name", "buildid", "started_at", "locks_acquired_at", "complete_at",
        "state_string", "results", "hidden",
    )  # fmt: skip
    urls = [UrlModel(url["name"], url["url"]) for url in row["urls"]]
    values: dict[str, Any] = {key: row[key] for key in keys}
    return StepModel(id=row["stepid"], urls=urls, **values)
