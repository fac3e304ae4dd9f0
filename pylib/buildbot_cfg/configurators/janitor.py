# SPDX-License-Identifier: MIT
"""Removes old logs now and then."""

from __future__ import annotations

import datetime
from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.configurators import ConfiguratorBase
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.factory import BuildFactory
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.schedulers.forcesched import ForceScheduler
from buildbot_cfg.schedulers.timed import Nightly
from buildbot_cfg.worker.local import LocalWorker

JANITOR_NAME = "__Janitor"


class LogChunksJanitor(BuildStep):
    """Removes what logs say that are older than the horizon."""

    name = "LogChunksJanitor"
    renderables = ["logHorizon"]

    def __init__(self, logHorizon: datetime.timedelta) -> None:
        super().__init__()
        self.logHorizon = logHorizon

    async def run(self) -> int:
        """Removes them."""
        await self.master.db.logs.deleteOldLogChunks(older_than_timestamp=_before(self.logHorizon))
        return SUCCESS


class BuildDataJanitor(BuildStep):
    """Removes data of builds that are older than the horizon."""

    name = "BuildDataJanitor"
    renderables = ["build_data_horizon"]

    def __init__(self, build_data_horizon: datetime.timedelta) -> None:
        super().__init__()
        self.build_data_horizon = build_data_horizon

    async def run(self) -> int:
        """Removes them."""
        before = _before(self.build_data_horizon)
        await self.master.db.build_data.deleteOldBuildData(older_than_timestamp=before)
        return SUCCESS


def _before(horizon: datetime.timedelta) -> float:
    return (datetime.datetime.now(tz=datetime.timezone.utc) - horizon).timestamp()


class JanitorConfigurator(ConfiguratorBase, metaclass=Declared):
    """Adds a builder that removes old logs and data of builds.

    Args:
        logHorizon: a timedelta: how old logs may become.
        hour: when it works, as for ``schedulers.Nightly``.
        build_data_horizon: a timedelta: how old data of builds may become.
        kwargs: further arguments of ``schedulers.Nightly``.
    """

    def __init__(
        self,
        logHorizon: datetime.timedelta | None = None,
        hour: Any = 0,
        build_data_horizon: datetime.timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        self.logHorizon, self.build_data_horizon = logHorizon, build_data_horizon
        self.hour, self.kwargs = hour, kwargs

    def configure(self, config_dict: dict[str, Any]) -> None:
        """Adds worker, builder and schedulers."""
        steps: list[BuildStep] = []
        if self.logHorizon is not None:
            steps.append(LogChunksJanitor(self.logHorizon))
        if self.build_data_horizon is not None:
            steps.append(BuildDataJanitor(self.build_data_horizon))
        if not steps:
            return
        super().configure(config_dict)
        names = [JANITOR_NAME]
        self.schedulers.append(
            Nightly(name=JANITOR_NAME, builderNames=names, hour=self.hour, **self.kwargs)
        )
        self.schedulers.append(ForceScheduler(name=JANITOR_NAME + "_force", builderNames=names))
        self.protocols.setdefault("null", {})
        self.builders.append(
            BuilderConfig(name=JANITOR_NAME, workername=JANITOR_NAME, factory=BuildFactory(steps))
        )
        self.workers.append(LocalWorker(JANITOR_NAME))
