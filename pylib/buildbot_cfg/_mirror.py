# SPDX-License-Identifier: MIT
"""What the engine does now, for those who read without waiting: ``botmaster``, ``workers``.

It is filled before the first code of the configuration's that could read it runs (a Python step,
a function, a service), then kept up to date by the engine's events, on the policy thread. Where no
such code runs it stays empty, and no event comes over for it. It may be milliseconds behind the
engine; a build with Python steps is in it before the first of them.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg.data.resultspec import Filter

Get = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class RunningBuild:
    """A build that runs, as far as those who look from outside see it."""

    number: int
    buildid: int
    workername: str
    builder: Any

    @property
    def name(self) -> str:
        """Its builder's name."""
        name: str = self.builder.name
        return name

    def getWorkerName(self) -> str:
        """Name of its worker."""
        return self.workername


@dataclass(slots=True)
class WorkerState:
    """A worker's side of the mirror."""

    workerid: int | None = None
    connected: bool = False
    paused: bool = False
    graceful: bool = False
    info: dict[str, Any] = field(default_factory=dict)


_UNKNOWN = WorkerState()


class Mirror:
    """Running builds, workers and schedulers.

    Args:
        get: ``master.data.get``.
        builder: gives what ``build.builder`` is, by the builder's name.
    """

    def __init__(self, get: Get, builder: Callable[[str], Any]) -> None:
        self._get, self._builder = get, builder
        self.masterid: int | None = None
        self._builds: dict[str, dict[int, Any]] = {}
        self._builder_of: dict[int, str] = {}
        self._workers: dict[str, WorkerState] = {}
        self._worker_names: dict[int, str] = {}
        self._enabled: dict[str, bool] = {}
        self._configured: dict[int, str] = {}
        self._taking: set[asyncio.Future[None]] = set()
        self._consumers: dict[str, Any] = {}
        self._filling = asyncio.Lock()
        self.is_filled = False
        #: (builder, worker) of builds that are decided on, of which no event has told yet.
        self.starting: set[tuple[str, str]] = set()
        #: The same of builds whose ``do_build_if`` is asked.
        self.deciding: set[tuple[str, str]] = set()
        # Their Python sides may come later than their ends.
        self._lately_ended: deque[int] = deque(maxlen=256)
        # What events have told while rows are read: it is newer than they are.
        self._told: set[tuple[str, Any]] | None = None
        self._hears = {
            "builds/*/new": self._build_new,
            "builds/*/finished": self._build_finished,
            "workers/*/connected": self._worker,
            "workers/*/disconnected": self._worker,
            "workers/*/state_updated": self._worker,
            "schedulers/*/updated": self._scheduler,
        }

    # -- reading -----------------------------------------------------------------------------------

    def building(self, builder: str) -> list[Any]:
        """The running builds of a builder, the oldest first."""
        return list(self._builds.get(builder, {}).values())

    def is_busy(self, builder: str, worker: str) -> bool:
        """Whether a build of this builder runs on this worker."""
        running = self._builds.get(builder, {}).values()
        starting = (builder, worker) in self.starting or (builder, worker) in self.deciding
        return starting or any(b.workername == worker for b in running)

    def builds_on(self, worker: str) -> int:
        """How many builds run on this worker."""
        running = (build for builds in self._builds.values() for build in builds.values())
        starting = sum(1 for _, chosen in self.starting | self.deciding if chosen == worker)
        return starting + sum(1 for build in running if build.workername == worker)

    def build(self, builder: str, number: int) -> Any:
        """The running build of this number, or None."""
        return next((build for build in self.building(builder) if build.number == number), None)

    def worker(self, name: str) -> WorkerState:
        """A worker's state; one that nobody has heard of is not connected."""
        return self._workers.get(name, _UNKNOWN)

    def builder_name(self, builderid: int) -> str:
        """A configured builder's name."""
        return self._configured.get(builderid, "")

    def is_enabled(self, scheduler: str) -> bool:
        """Whether a scheduler is switched on."""
        return self._enabled.get(scheduler, True)

    # -- feeding -----------------------------------------------------------------------------------

    async def activated(self, basedir: str, wanted: bool) -> None:
        """A configuration is active: whatever has been filled learns what is new there.

        Args:
            basedir: the master's.
            wanted: there are services that may read it.
        """
        if _bridge.live_master() is None:
            return
        async with self._filling:
            by_name = [Filter("name", "eq", [master_name(basedir)])]
            rows = await self._get(("masters",), filters=by_name)
            self.masterid = rows[0]["masterid"] if rows else None
            if wanted or self.is_filled:
                await self._fill()

    async def filled(self) -> None:
        """Waits until it has been filled, which the first who asks begins; user code comes then."""
        if self.is_filled or _bridge.live_master() is None:
            return
        async with self._filling:
            if not self.is_filled:
                try:
                    await self._fill()
                except Exception as error:
                    if not _bridge.is_master_error(error):
                        raise
                    # Builds go on; the next who asks tries again.
                    _bridge.log("error", f"what the master does now cannot be read: {error}")

    def began(self, build: Any, buildid: int, builder: str, worker: str) -> None:
        """A build's Python side is there: it is in the mirror before its event comes."""
        if self.is_filled and buildid not in self._lately_ended:
            self._builds.setdefault(builder, {})[buildid] = build
            self.starting.discard((builder, worker))
            self._builder_of[buildid] = builder

    async def _listen(self) -> None:
        live = _bridge.live_master()
        for pattern, hear in self._hears.items():
            if pattern not in self._consumers:
                self._consumers[pattern] = await live.consume(pattern, _parsing(hear))

    async def _fill(self) -> None:
        await self._listen()
        self._told = set()
        try:
            seen_before = set(self._builder_of)
            builders = await self._get(("builders",), fields=["builderid", "name"])
            self._configured = {
                row["builderid"]: row["name"] for row in builders if self._builder(row["name"])
            }
            for row in await self._get(("workers",)):
                self._worker_names[row["workerid"]] = row["name"]
                if ("worker", row["name"]) not in self._told:
                    self._workers[row["name"]] = _state(row)
            for row in await self._get(("schedulers",)):
                if ("scheduler", row["name"]) not in self._told:
                    self._enabled[row["name"]] = row["enabled"]
            of_this = [Filter("complete", "eq", [False])]
            if self.masterid is not None:
                of_this.append(Filter("masterid", "eq", [self.masterid]))
            builds = await self._get(("builds",), filters=of_this)
            running = {row["buildid"] for row in builds}
            for row in builds:
                await self._take(row)
            for buildid in seen_before - running:  # they ended before anybody listened to that
                self._remove(buildid)
            self.is_filled = True
        finally:
            self._told = None

    async def _take(self, row: dict[str, Any]) -> None:
        name = self._configured.get(row["builderid"]) or await self._builder_asked(row)
        if name is not None and row["buildid"] not in self._lately_ended:
            self._add(row, name)

    async def _builder_asked(self, row: dict[str, Any]) -> str | None:
        """Builds of a virtual builder are those of the builder that the request is for."""
        request = await self._get(("buildrequests", row["buildrequestid"]))
        return self._configured.get(request["builderid"]) if request else None

    def _add(self, row: dict[str, Any], name: str) -> None:
        if row["buildid"] in self._builder_of:
            return
        worker = self._worker_names.get(row["workerid"], "")
        build = RunningBuild(row["number"], row["buildid"], worker, self._builder(name))
        self._builds.setdefault(name, {})[row["buildid"]] = build
        self.starting.discard((name, worker))
        self._builder_of[row["buildid"]] = name

    def _remove(self, buildid: int) -> None:
        builder = self._builder_of.pop(buildid, None)
        if builder is not None:
            self._builds[builder].pop(buildid, None)

    # -- events ------------------------------------------------------------------------------------

    def _note(self, kind: str, which: Any) -> None:
        if self._told is not None:
            self._told.add((kind, which))

    def _build_new(self, row: dict[str, Any]) -> None:
        name = self._configured.get(row["builderid"])
        if name is not None:
            self._add(row, name)
        elif row["buildid"] not in self._builder_of:
            task = asyncio.ensure_future(self._take(row))
            self._taking.add(task)
            task.add_done_callback(self._taken)

    def _taken(self, task: asyncio.Future[None]) -> None:
        self._taking.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _bridge.log("error", f"a build is missing in botmaster.builders: {error!r}")

    def _build_finished(self, row: dict[str, Any]) -> None:
        self._lately_ended.append(row["buildid"])
        self._remove(row["buildid"])

    def _worker(self, row: dict[str, Any]) -> None:
        self._note("worker", row["name"])
        self._worker_names[row["workerid"]] = row["name"]
        self._workers[row["name"]] = _state(row)

    def _scheduler(self, row: dict[str, Any]) -> None:
        self._note("scheduler", row["name"])
        self._enabled[row["name"]] = row["enabled"]


def master_name(basedir: str) -> str:
    """What the database calls the master of this directory."""
    return f"{os.uname().nodename}:{basedir}"


def _parsing(hear: Callable[[dict[str, Any]], None]) -> Callable[[str, str], None]:
    return lambda key, text: hear(json.loads(text))


def _state(row: dict[str, Any]) -> WorkerState:
    return WorkerState(
        row["workerid"],
        bool(row["connected_to"]),
        bool(row["paused"]),
        bool(row["graceful"]),
        row["workerinfo"] or {},
    )
