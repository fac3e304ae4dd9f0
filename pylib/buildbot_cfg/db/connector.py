# SPDX-License-Identifier: MIT
"""``master.db``: reads what configurations look up there, by way of the data API."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.db._component import Component, Get
from buildbot_cfg.db.buildrequests import BuildRequestModel
from buildbot_cfg.db.builds import BuildModel
from buildbot_cfg.db.changes import ChangesConnectorComponent
from buildbot_cfg.db.logs import LogsConnectorComponent
from buildbot_cfg.db.pool import DBThreadPool, Model
from buildbot_cfg.db.sourcestamps import SourceStampsConnectorComponent
from buildbot_cfg.db.state import StateConnectorComponent
from buildbot_cfg.db.steps import StepsConnectorComponent
from buildbot_cfg.db.workers import BuilderMasterModel, WorkerModel


class Builds(Component):
    """``master.db.builds``."""

    @started
    async def getBuild(self, buildid: int) -> BuildModel | None:
        """A build by its id."""
        row = await self._get(("builds", buildid))
        return None if row is None else _build(row)

    @started
    async def getBuildByNumber(self, builderid: int, number: int) -> BuildModel | None:
        """A build by its number."""
        row = await self._get(("builders", builderid, "builds", number))
        return None if row is None else _build(row)

    @started
    async def getBuilds(
        self,
        builderid: int | None = None,
        buildrequestid: int | None = None,
        workerid: int | None = None,
        complete: bool | None = None,
        resultSpec: Any = None,
    ) -> list[BuildModel]:
        """Builds of a builder, request or worker."""
        rows = await self._rows(
            ("builds",),
            resultSpec,
            builderid=builderid,
            buildrequestid=buildrequestid,
            workerid=workerid,
            complete=complete,
        )
        return [_build(row) for row in rows]

    @started
    async def getBuildProperties(
        self, bid: int, resultSpec: Any = None
    ) -> dict[str, tuple[Any, str]]:
        """A build's properties: (value, source) by name."""
        return await self._properties("builds", bid)


class BuildRequests(Component):
    """``master.db.buildrequests``."""

    @started
    async def getBuildRequest(self, brid: int) -> BuildRequestModel | None:
        """A request by its id."""
        row = await self._get(("buildrequests", brid))
        return None if row is None else await self._request(row, {})

    @started
    async def getBuildRequests(
        self,
        builderid: int | None = None,
        complete: bool | None = None,
        claimed: bool | None = None,
        bsid: int | None = None,
        resultSpec: Any = None,
    ) -> list[BuildRequestModel]:
        """Requests of a builder or buildset."""
        wanted = {"builderid": builderid, "complete": complete, "buildsetid": bsid}
        rows = await self._rows(("buildrequests",), resultSpec, **wanted, claimed=claimed)
        names: dict[int, str] = {}
        return [await self._request(row, names) for row in rows]

    async def _request(self, row: dict[str, Any], names: dict[int, str]) -> BuildRequestModel:
        builderid = row["builderid"]
        if builderid not in names:
            builder = await self._get(("builders", builderid))
            names[builderid] = builder["name"] if builder else ""
        fields = (
            "buildrequestid", "buildsetid", "builderid", "submitted_at", "complete_at", "complete",
            "results", "waited_for", "priority", "claimed_at", "claimed_by_masterid",
        )  # fmt: skip
        return BuildRequestModel(
            buildername=names[builderid], **{field: row[field] for field in fields}
        )


class BsProps(dict[str, tuple[Any, str]]):
    """Properties of a buildset."""


class _NoCache:
    """Rows are read anew each time: nothing of them is kept that could be out of date."""

    def keys(self) -> list[Any]:
        """What is kept: nothing."""
        return []

    def put(self, key: Any, value: Any) -> None:
        """Is not needed."""


class Buildsets(Component):
    """``master.db.buildsets``."""

    @started
    async def getBuildsetProperties(self, bsid: int) -> dict[str, tuple[Any, str]]:
        """A buildset's properties: (value, source) by name."""
        return BsProps(await self._properties("buildsets", bsid))

    getBuildsetProperties.cache = _NoCache()  # type: ignore[attr-defined]


class Builders(Component):
    """``master.db.builders``."""

    @started
    async def findBuilderId(self, name: str, autoCreate: bool = True) -> int | None:
        """A builder's id by its name; None when there is none: builders come by configuration."""
        rows = await self._rows(("builders",), name=name)
        return rows[0]["builderid"] if rows else None


class Workers(Component):
    """``master.db.workers``."""

    @started
    async def getWorkers(
        self,
        _workerid: int | None = None,
        _name: str | None = None,
        masterid: int | None = None,
        builderid: int | None = None,
        paused: bool | None = None,
        graceful: bool | None = None,
    ) -> list[WorkerModel]:
        """Workers of a builder or master; all without one."""
        path: tuple[Any, ...] = ("workers",)
        if builderid is not None:
            path = ("builders", builderid, *path)
        if masterid is not None:
            path = ("masters", masterid, *path)
        wanted = {"workerid": _workerid, "name": _name, "paused": paused, "graceful": graceful}
        return [_worker(row) for row in await self._rows(path, **wanted)]

    @started
    async def getWorker(
        self,
        workerid: int | None = None,
        name: str | None = None,
        masterid: int | None = None,
        builderid: int | None = None,
    ) -> WorkerModel | None:
        """A worker by its id or name."""
        if workerid is None and name is None:
            return None
        found = await self.getWorkers(workerid, name, masterid, builderid)
        return found[0] if found else None


class DBConnector:
    """The groups that there are; what others there were in Buildbot says so.

    Args:
        get: ``master.data.get``.
    """

    def __init__(self, get: Get) -> None:
        self.builds = Builds(get)
        self.buildrequests = BuildRequests(get)
        self.buildsets = Buildsets(get)
        self.builders = Builders(get)
        self.workers = Workers(get)
        self.changes = ChangesConnectorComponent(get)
        self.sourcestamps = SourceStampsConnectorComponent(get)
        self.steps = StepsConnectorComponent(get)
        self.logs = LogsConnectorComponent(get)
        self.state = StateConnectorComponent()
        #: SQL of user code; needs SQLAlchemy.
        self.pool = DBThreadPool()
        #: The tables, for SQLAlchemy.
        self.model = Model(self.pool)
        self.master: Any = None

    def __getattr__(self, name: str) -> Any:
        text = f"master.db has no {name!r} in this version; master.data.get reads everything"
        raise AttributeError(text, name=name)


def _worker(row: dict[str, Any]) -> WorkerModel:
    return WorkerModel(
        id=row["workerid"],
        name=row["name"],
        workerinfo=row["workerinfo"],
        paused=row["paused"],
        pause_reason=row["pause_reason"],
        graceful=row["graceful"],
        configured_on=[
            BuilderMasterModel(one["builderid"], one["masterid"]) for one in row["configured_on"]
        ],
        connected_to=[one["masterid"] for one in row["connected_to"]],
    )


def _build(row: dict[str, Any]) -> BuildModel:
    fields = (
        "number", "builderid", "buildrequestid", "workerid", "masterid", "started_at",
        "complete_at", "locks_duration_s", "state_string", "results",
    )  # fmt: skip
    values: dict[str, Any] = {field: row.get(field) for field in fields}
    return BuildModel(id=row["buildid"], **values)
