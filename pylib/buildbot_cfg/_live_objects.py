# SPDX-License-Identifier: MIT
"""The master's parts as user code finds them: what is configured, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from buildbot_cfg._tasks import started
from buildbot_cfg.data.resultspec import Filter
from buildbot_cfg.process.workerforbuilder import WorkerForBuilder


class ServiceManager:
    """Running services of one kind.

    Args:
        master: the running master's Python side.
        kind: "service" or "change source".
    """

    name = "services"
    running = True

    def __init__(self, master: Any, kind: str) -> None:
        self.master, self._kind = master, kind

    @property
    def namedServices(self) -> dict[str, Any]:
        """The services by name."""
        from buildbot_cfg import _services

        return _services.running(self._kind)

    @property
    def services(self) -> list[Any]:
        """The services."""
        return list(self.namedServices.values())

    def getServiceNamed(self, name: str) -> Any:
        """The service of this name."""
        return self.namedServices[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.services)


class _Configured:
    def __init__(self, master: Any) -> None:
        self.master = master
        #: What was found in these values of a configuration's.
        self._of: Any = None
        self._known: dict[Any, Any] = {}

    def _found(self, key: Any, find: Callable[[], Any]) -> Any:
        """What ``find()`` finds in the active configuration; asked once in each."""
        values = self.master.values
        if self._of is not values:
            self._of, self._known = values, {}
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]

    def _named(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self._found(key, lambda: self._find_named(key))
        return found

    def _find_named(self, key: str) -> dict[str, Any]:
        return {one.name: one for one in self.master.values.get(key) or ()}


class SchedulerManager(_Configured):
    """``master.scheduler_manager``: the configured schedulers."""

    name = "SchedulerManager"

    @property
    def namedServices(self) -> dict[str, Any]:
        """The schedulers by name."""
        return self._named("schedulers")

    def getServiceNamed(self, name: str) -> Any:
        """The scheduler of this name."""
        return self.namedServices[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.namedServices.values())


class WorkerManager(_Configured):
    """``master.workers``: the configured workers."""

    name = "WorkerManager"

    @property
    def workers(self) -> dict[str, Any]:
        """The workers by name."""
        return self._named("workers")

    def getWorkerByName(self, name: str) -> Any:
        """The worker of this name; None when there is none."""
        return self.workers.get(name)

    @property
    def namedServices(self) -> dict[str, Any]:
        """The same as ``workers``."""
        return self.workers


class ConfiguredBuilder:
    """A builder outside of builds. What it says of builds and workers is read without waiting.

    Args:
        config: its BuilderConfig.
        master: the running master's Python side.
    """

    def __init__(self, config: Any, master: Any) -> None:
        self.config, self.master = config, master
        self.name: str = config.name
        self._workers: dict[str, WorkerForBuilder] = {}

    @property
    def building(self) -> list[Any]:
        """Its builds that run, the oldest first: each has number, workername and builder."""
        return self.master.mirror.building(self.name)  # type: ignore[no-any-return]

    @property
    def workers(self) -> list[WorkerForBuilder]:
        """Its workers that are connected."""
        together = (self.with_worker(name) for name in self.config.workernames)
        return [wfb for wfb in together if wfb is not None and wfb.worker.isConnected()]

    def with_worker(self, name: str) -> WorkerForBuilder | None:
        """Itself together with a worker, be it connected or not; None: there is no such worker."""
        worker = self.master.workers.getWorkerByName(name)
        if worker is None:
            return None
        known = self._workers.get(name)
        if known is None or known.worker is not worker:
            known = self._workers[name] = WorkerForBuilder(self, worker)
        return known

    def getAvailableWorkers(self) -> list[WorkerForBuilder]:
        """Its workers that could take a build now."""
        return [wfb for wfb in self.workers if wfb.isAvailable()]

    def getBuild(self, number: int) -> Any:
        """The running build of this number, or None."""
        return self.master.mirror.build(self.name, number)

    @started
    async def getBuilderId(self) -> int:
        """Its id."""
        builderid: int = await self.master.data.updates.findBuilderId(self.name)
        return builderid

    @started
    async def getOldestRequestTime(self) -> datetime | None:
        """When the oldest of its requests that wait came; None: there is none."""
        oldest: datetime | None = await self._of_first(
            "submitted_at", "submitted_at", claimed=False
        )
        return oldest

    @started
    async def getNewestCompleteTime(self) -> datetime | None:
        """When its latest finished request ended; None: there is none."""
        newest: datetime | None = await self._of_first("complete_at", "-complete_at", complete=True)
        return newest

    @started
    async def get_highest_priority(self) -> int | None:
        """The highest priority of its requests that wait; None: there is none."""
        highest: int | None = await self._of_first("priority", "-priority", claimed=False)
        return highest

    async def _of_first(self, field: str, order: str, **wanted: bool) -> Any:
        filters = [Filter(key, "eq", [value]) for key, value in wanted.items()]
        path = ("builders", await self.getBuilderId(), "buildrequests")
        rows = await self.master.data.get(path, filters=filters, order=[order], limit=1)
        return rows[0][field] if rows else None

    def __repr__(self) -> str:
        return f"<Builder {self.name!r}>"

    def __getattr__(self, name: str) -> Any:
        what = f"builders of master.botmaster have no {name!r} in this version: ask master.data.get"
        raise AttributeError(what, name=name)


class BotMaster(_Configured):
    """``master.botmaster``: the configured builders."""

    name = "botmaster"

    def __init__(self, master: Any) -> None:
        super().__init__(master)
        self._made: dict[str, ConfiguredBuilder] = {}

    def builder(self, config: Any) -> ConfiguredBuilder:
        """The builder of this BuilderConfig."""
        known = self._made.get(config.name)
        if known is None or known.config is not config:
            known = self._made[config.name] = ConfiguredBuilder(config, self.master)
        return known

    def builder_named(self, name: str) -> ConfiguredBuilder | None:
        """The configured builder of this name."""
        return self.builders.get(name)

    @property
    def builders(self) -> dict[str, ConfiguredBuilder]:
        """The builders by name."""
        configured = self._named("builders")
        found: dict[str, ConfiguredBuilder] = self._found(
            "made", lambda: {name: self.builder(one) for name, one in configured.items()}
        )
        return found

    @property
    def builderNames(self) -> list[str]:
        """Names of the builders."""
        return list(self._named("builders"))

    def getBuildernames(self) -> list[str]:
        """The same."""
        return self.builderNames

    def getBuilders(self) -> list[ConfiguredBuilder]:
        """The builders."""
        return list(self.builders.values())

    def getBuildersForWorker(self, workername: str) -> list[ConfiguredBuilder]:
        """The builders that may use the worker."""
        builders = self.builders.values()
        found: list[ConfiguredBuilder] = self._found(
            ("of", workername), lambda: [b for b in builders if workername in b.config.workernames]
        )
        return list(found)

    def maybeStartBuildsForBuilder(self, buildername: str) -> None:
        """Does nothing: the master looks at requests itself whenever something has changed."""

    def maybeStartBuildsForWorker(self, worker_name: str) -> None:
        """The same."""

    def maybeStartBuildsForAllBuilders(self) -> None:
        """The same."""

    def __getattr__(self, name: str) -> Any:
        what = f"master.botmaster has no {name!r} in this version: ask master.data.get"
        raise AttributeError(what, name=name)
