# SPDX-License-Identifier: MIT
"""Loading configurations from programs: to test one's own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from buildbot_cfg import _loader
from buildbot_cfg._errors import ConfigErrors, Problem
from buildbot_cfg._views import ConfigView
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.warnings import ConfigWarning

__all__ = ["FileLoader", "MasterConfig", "loadConfigDict"]


class MasterConfig:
    """A checked configuration: an attribute for each key."""

    def __init__(self, view: ConfigView) -> None:
        values = view.values
        self.title, self.titleURL = view.title, view.title_url
        self.buildbotURL = view.buildbot_url
        self.db = {"db_url": view.db_url}
        #: All builders, also those that were given as dicts.
        self.builders: list[Any] = [builder.maker.config for builder in view.builders]
        self.workers: list[Any] = list(values["workers"])
        #: By name.
        self.schedulers: dict[str, Any] = {s.name: s for s in values["schedulers"]}
        self.change_sources: list[Any] = view.all_change_sources
        #: By name.
        self.services: dict[str, Any] = {s.name: s for s in values["services"] or ()}
        self.properties = Properties()
        self.properties.update(values["properties"], "")
        self.www: dict[str, Any] = view.www_given
        self.mq = {"type": "simple", **values["mq"]}
        self.caches = _caches(values)
        for key in (
            "protocols", "multiMaster", "logCompressionLimit", "logCompressionMethod", "logMaxSize",
            "logMaxTailSize", "logEncoding", "changeHorizon", "collapseRequests", "metrics",
            "prioritizeBuilders", "select_next_worker", "codebaseGenerator", "validation",
            "buildbotNetUsageData", "manhole", "secretsProviders", "projects", "codebases",
            "machines", "user_managers", "revlink",
        ):  # fmt: skip
            setattr(self, key, values[key])


def _caches(values: dict[str, Any]) -> dict[str, int]:
    caches = {"Changes": 10, "Builds": 15}
    legacy = {"Changes": values["changeCacheSize"], "Builds": values["buildCacheSize"]}
    caches.update({name: size for name, size in legacy.items() if size is not None})
    caches.update(values["caches"] or {})
    return caches


class FileLoader:
    """Loads a configuration file.

    Args:
        basedir: the master's base directory.
        configFileName: relative to it, or absolute.

    Example:
        >>> try:
        ...     FileLoader("/no/such/folder", "master.cfg").loadConfig()
        ... except ConfigErrors as errors:
        ...     print(len(errors.errors))
        1
    """

    def __init__(self, basedir: str, configFileName: str) -> None:
        self.basedir, self.configFileName = basedir, configFileName

    def loadConfig(self) -> MasterConfig:
        """The configuration.

        Raises:
            ConfigErrors: all that is wrong with it.
        """
        path = Path(self.basedir, self.configFileName)
        result = _loader.load(str(path), self.basedir)
        if result.config is None:
            errors = ConfigErrors()
            for problem in result.problems:
                errors.add_problem(Problem(*problem))
            raise errors
        if not result.config.tells_about_usage:
            text = "buildbotNetUsageData is not set; Kilnbot reports nothing, whatever it says"
            warnings.warn(text, ConfigWarning, stacklevel=2)
        return MasterConfig(result.config)


def loadConfigDict(basedir: str, configFileName: str) -> tuple[str, dict[str, Any]]:
    """Runs a file: its path, and its BuildmasterConfig as it is.

    Raises:
        ConfigErrors: it cannot be run.
    """
    path = Path(basedir, configFileName).absolute()
    return str(path), _loader.configuration_of(str(path), str(Path(basedir).absolute()))
