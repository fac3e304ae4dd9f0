# SPDX-License-Identifier: MIT
"""A running build as its steps see it."""

from __future__ import annotations

import functools
import ntpath
import posixpath
from collections.abc import Callable, Iterable
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from typing import Any
from weakref import WeakValueDictionary

from buildbot_cfg._tasks import promised
from buildbot_cfg.process.properties import Properties, PropertiesMixin
from buildbot_cfg.process.results import CANCELLED, SUCCESS, computeResultAndTermination


class Build(PropertiesMixin):
    """One build: its properties, sources, worker and steps.

    Args:
        requests: the build requests.
        builder: the builder.
    """

    __module__ = "buildbot.process.build"

    set_runtime_properties = True
    workdir: Any = "build"
    useProgress = True
    finished = False
    stopped = False
    #: The result so far.
    results: int | None = SUCCESS
    reason = "changes"

    def __init__(self, requests: list[Any], builder: Any) -> None:
        self.requests, self.builder = requests, builder
        self.sources: list[Any] = []
        self.executedSteps: list[Any] = []
        self.env: dict[str, Any] = {}
        self.number: int | None = None
        self.buildid: int | None = None
        self.master: Any = None
        self.workername = ""
        self.worker_commands: dict[str, str] = {}
        self.properties = Properties()
        self._worker_info = Properties()
        self.stepFactories: list[Any] = []
        self.made_steps: list[Any] = []
        self.text: list[str] = []
        self._add_steps: Callable[[list[Any], bool], None] | None = None
        self._running_step: Callable[[], Any] | None = None
        self._stop: Callable[[str, int], None] | None = None
        self.path_module: Any = posixpath
        self.path_cls: type[PurePath] = PurePosixPath

    def _prepare(self, context: dict[str, Any], config: Any, sources: list[Any]) -> None:
        self.sources = sources
        self.reason = context["reason"]
        self.workername = context["worker_name"]
        self.workdir = config.factory.workdir
        self.env = _copied(config.env)
        self.properties.build = self
        info = dict(context["worker_info"])
        self.worker_commands = info.pop("worker_commands", None) or {}
        info.pop("environ", None)
        self._worker_info.update(info, "Worker")
        if info.get("system") in ("nt", "win32"):
            self.path_module, self.path_cls = ntpath, PureWindowsPath

    def _begin(self, context: dict[str, Any]) -> None:
        self.number, self.buildid = context["number"], context["build"]
        _begun[context["build"]] = self
        self.properties.properties = Properties.fromDict(context["properties"]).properties

    def getProperties(self) -> Properties:
        """Its properties."""
        return self.properties

    @property
    def workerforbuilder(self) -> Any:
        """Its worker together with its builder."""
        return self.builder.with_worker(self.workername)

    def getWorkerName(self) -> str:
        """Name of its worker."""
        return self.workername

    def getWorkerInfo(self) -> Properties:
        """What the worker said about itself."""
        return self._worker_info

    def getWorkerCommandVersion(self, command: str, oldversion: str | None = None) -> str | None:
        """Version of a worker's command; ``oldversion`` if the worker told nothing of versions."""
        return self.worker_commands.get(command) if self.worker_commands else oldversion

    def get_buildid(self) -> int | None:
        """Its id."""
        return self.buildid

    def getBuilderId(self) -> int | None:
        """Its builder's id."""
        builderid: int | None = self.builder.builderid
        return builderid

    def getSourceStamp(self, codebase: str = "") -> Any:
        """The source stamp of a codebase; None when there is none."""
        return next((s for s in self.sources if s.codebase == codebase), None)

    def getAllSourceStamps(self) -> list[Any]:
        """All source stamps."""
        return list(self.sources)

    def allChanges(self) -> list[Any]:
        """The changes of all source stamps."""
        return self.allChangesFromSources(self.sources)

    @staticmethod
    def allChangesFromSources(sources: Iterable[Any]) -> list[Any]:
        """The changes of these source stamps."""
        return [change for source in sources for change in source.changes]

    def allFiles(self) -> list[str]:
        """All files that the changes touched."""
        return [file for change in self.allChanges() for file in change.files]

    def blamelist(self) -> list[str]:
        """Who made the changes, sorted."""
        people = {change.who for change in self.allChanges()}
        for source in self.sources:
            if source.patch and source.patch_info and source.patch_info[0]:
                people.add(source.patch_info[0])
        return sorted(people)

    @promised
    async def getUrl(self) -> str:
        """Its page."""
        base = self.builder.buildbot_url
        return f"{base}#/builders/{self.builder.builderid}/builds/{self.number}"

    def getSummaryStatistic(
        self, name: str, summary_fn: Callable[[Any, Any], Any], initial_value: Any = None
    ) -> Any:
        """A statistic of all steps, joined by ``summary_fn``."""
        found = [s.getStatistic(name) for s in self.executedSteps if s.hasStatistic(name)]
        if initial_value is None:
            return functools.reduce(summary_fn, found)
        return functools.reduce(summary_fn, found, initial_value)

    # -- what classes of users override ----------------------------------------------------------

    def setStepFactories(self, step_factories: list[Any]) -> None:
        """Takes the recipes of the factory."""
        self.stepFactories = list(step_factories)

    def setupBuild(self) -> Any:
        """Makes the steps; may be async. Called before anything runs."""
        self.made_steps = self.setupBuildSteps(self.stepFactories)

    def setupBuildSteps(self, step_factories: list[Any]) -> list[Any]:
        """The steps of the build."""
        return [factory.buildStep() for factory in step_factories]

    @promised
    async def stepDone(self, results: int, step: Any) -> bool:
        """Called after each step; sets ``self.results``.

        Returns:
            Whether only the steps that always run are run from now on.
        """
        self.results, terminate = computeResultAndTermination(step, results, self.results)
        return terminate

    def buildFinished(self, text: list[str], results: int) -> Any:
        """Called when all steps are done; may be async.

        Args:
            text: what is shown of the build, in parts.
            results: its result.
        """
        self.text, self.results = list(text), results

    def running_step(self) -> Any:
        """What the engine has for the step that runs now; None when none does."""
        return None if self._running_step is None else self._running_step()

    def stopBuild(self, reason: str = "<no reason given>", results: int = CANCELLED) -> None:
        """Ends the build soon, with this result."""
        if self._stop is None:
            raise RuntimeError("a build can be stopped only while one of its steps runs")
        self.stopped = True
        self._stop(str(reason), results)

    def addStepsAfterCurrentStep(self, step_factories: list[Any]) -> None:
        """Adds steps that run right after the current one."""
        self._added(step_factories, at_end=False)

    def addStepsAfterLastStep(self, step_factories: list[Any]) -> None:
        """Adds steps at the end."""
        self._added(step_factories, at_end=True)

    def _added(self, steps: list[Any], at_end: bool) -> None:
        if self._add_steps is None:
            raise RuntimeError("steps can be added only while a step of the build runs")
        self._add_steps(steps, at_end)


_begun: WeakValueDictionary[int, Build] = WeakValueDictionary()


def running_build(buildid: int) -> Build | None:
    """The build of this id, when Python takes part in it and it is not over."""
    build = _begun.get(buildid)
    return None if build is None or build.finished else build


def _copied(value: Any) -> Any:
    """A copy that steps may change: containers are copied, renderables are not."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
