# SPDX-License-Identifier: MIT
"""The master's parts as user code finds them: what is configured, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from buildbot_cfg._tasks import started


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

    def _named(self, key: str) -> dict[str, Any]:
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
    """A builder outside of builds.

    Args:
        config: its BuilderConfig.
        master: the running master's Python side.
    """

    def __init__(self, config: Any, master: Any) -> None:
        self.config, self.master = config, master
        self.name = config.name

    @started
    async def getBuilderId(self) -> int:
        """Its id."""
        builderid: int = await self.master.data.updates.findBuilderId(self.name)
        return builderid

    def __getattr__(self, name: str) -> Any:
        what = f"builders of master.botmaster have no {name!r} in this version: ask master.data.get"
        raise AttributeError(what, name=name)


class BotMaster(_Configured):
    """``master.botmaster``: the configured builders."""

    name = "botmaster"

    @property
    def builders(self) -> dict[str, ConfiguredBuilder]:
        """The builders by name."""
        configured = self._named("builders")
        return {name: ConfiguredBuilder(one, self.master) for name, one in configured.items()}

    @property
    def builderNames(self) -> list[str]:
        """Names of the builders."""
        return list(self._named("builders"))

    def getBuilders(self) -> list[ConfiguredBuilder]:
        """The builders."""
        return list(self.builders.values())

    def getBuildersForWorker(self, workername: str) -> list[ConfiguredBuilder]:
        """The builders that may use the worker."""
        return [b for b in self.builders.values() if workername in b.config.workernames]

    def __getattr__(self, name: str) -> Any:
        what = f"master.botmaster has no {name!r} in this version: ask master.data.get"
        raise AttributeError(what, name=name)
