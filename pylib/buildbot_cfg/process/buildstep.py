# SPDX-License-Identifier: MIT
"""The base of all steps, and what steps of one kind share."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from buildbot_cfg import _tasks
from buildbot_cfg._bridge import StepBase
from buildbot_cfg._checks import check_type, has_type
from buildbot_cfg._declared import Declared, quoted
from buildbot_cfg._errors import ArgumentErrors, report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process import _summary
from buildbot_cfg.process._commands import CommandMixin
from buildbot_cfg.process._hand_made import HandMadeMixin
from buildbot_cfg.process._live import BuildStepCancelled, BuildStepFailed, LiveStep
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process._shell_mixin import ShellMixin
from buildbot_cfg.process.log import Log
from buildbot_cfg.process.properties import Interpolate, Properties, PropertiesMixin
from buildbot_cfg.process.results import (
    ALL_RESULTS,
    CANCELLED,
    EXCEPTION,
    FAILURE,
    RETRY,
    SKIPPED,
    SUCCESS,
    WARNINGS,
    ResultComputingConfigMixin,
    Results,
)

__all__ = [
    "ALL_RESULTS",
    "CANCELLED",
    "EXCEPTION",
    "FAILURE",
    "RETRY",
    "SKIPPED",
    "SUCCESS",
    "WARNINGS",
    "BuildStep",
    "BuildStepCancelled",
    "BuildStepFailed",
    "CommandMixin",
    "Results",
    "ShellMixin",
]

_BOOLEANS = (*ResultComputingConfigMixin.resultConfig, "alwaysRun")
_DESCRIPTIONS = ("description", "descriptionDone", "descriptionSuffix")
_FLAG = (bool,)
_TEXTS = (str, list, tuple, type(None))
#: Types of the attributes that are checked; a renderable will do, too.
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(_BOOLEANS, _FLAG),
    "_workdir": (str, type(None)),
    "doStepIf": (bool,),
    "hideStepIf": (bool,),
    **dict.fromkeys(_DESCRIPTIONS, _TEXTS),
    "name": (str,),
}
_MAY_BE_FUNCTIONS = frozenset(("doStepIf", "hideStepIf"))
_POLICY = "updateBuildSummaryPolicy"


class BuildStep(
    HandMadeMixin, ResultComputingConfigMixin, PropertiesMixin, StepBase, metaclass=Declared
):
    """One step of a build; subclasses implement ``async def run(self)``.

    What ``Step(...)`` makes in a configuration is a recipe: each build makes its own object of the
    same class and arguments, so a step must not be changed after it was made.

    Args:
        name: at most 50 characters; may be a renderable.
        haltOnFailure: a failure ends the build.
        flunkOnFailure: a failure makes the build fail.
        flunkOnWarnings: warnings make the build fail.
        warnOnFailure: a failure gives the build warnings.
        warnOnWarnings: warnings give the build warnings.
        alwaysRun: run although the build has ended.
        doStepIf: False or a function (step) that says no: skipped.
        hideStepIf: True or a function (results, step) that says yes: not shown.
        description: what the step is doing, a string or a list of strings.
        descriptionDone: what it has done.
        descriptionSuffix: added to both.
        workdir: directory of its commands, below the builder's directory.

    Example:
        >>> class Greet(BuildStep):
        ...     name = "greet"
        ...     async def run(self):
        ...         await self.addCompleteLog("greeting", "hello")
        ...         return SUCCESS
    """

    alwaysRun: Any = False
    description: Any = None
    descriptionDone: Any = None
    descriptionSuffix: Any = None
    doStepIf: Any = True
    hideStepIf: Any = False
    locks: Any = None
    logEncoding: Any = None
    name: Any = "generic"
    progressMetrics: Any = ()
    updateBuildSummaryPolicy: Any = _summary.ClassPolicy()
    useProgress: Any = True
    set_runtime_properties = True

    renderables: ClassVar[list[str]] = [
        *ResultComputingConfigMixin.resultConfig,
        "alwaysRun",
        "description",
        "descriptionDone",
        "descriptionSuffix",
        "doStepIf",
        "hideStepIf",
        "workdir",
    ]
    _accepted: ClassVar[frozenset[str]] = frozenset(
        (
            *_BOOLEANS,
            "description",
            "descriptionDone",
            "descriptionSuffix",
            "doStepIf",
            "hideStepIf",
            "locks",
            "logEncoding",
            "name",
            "progressMetrics",
            "updateBuildSummaryPolicy",
            "useProgress",
            "workdir",
        )
    )

    _free_arguments = frozenset(
        (*_BOOLEANS, *_DESCRIPTIONS, "doStepIf", "hideStepIf", "useProgress", "workdir")
    )
    _free_texts = frozenset(("name",))

    build: Any = None
    worker: Any = None
    master: Any = None
    cmd: Any = None
    results: int | None = None
    stopped = False
    timed_out = False
    max_lines_reached = False
    progress: Any = None
    _live: LiveStep | None = None
    _early_observers: tuple[tuple[str, Any], ...] | list[tuple[str, Any]] = ()
    _changed_args: ClassVar[dict[str, Any]] = {}
    _workdir: Any = None
    _statistics: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, **kwargs: Any) -> None:
        accepted = self._accepted
        for key, value in kwargs.items():
            if key in accepted:
                setattr(self, key, value)
            else:
                known = (*sorted(accepted), *_init_names(type(self)))
                what = f'unknown argument "{key}"{did_you_mean(key, known)}'
                report(what, _label(self, kwargs), kind=ArgumentErrors)
        sets_flag = self._check_types(kwargs)
        own, policy = self.__dict__, type(self).updateBuildSummaryPolicy
        if sets_flag or _POLICY in own or type(policy) is not _summary.ClassPolicy:
            own[_POLICY] = _summary.policy(self, own.get(_POLICY, policy))

    def _check_types(self, given: dict[str, Any]) -> bool:
        """Checks what is set on the step; what its class says, only until it was right once.

        Returns:
            whether a flag is set that the class may say otherwise.
        """
        own, sets_flag = self.__dict__, False
        texts = type(self).__dict__.get("_class_texts")
        if texts is None:
            texts = self._check_class(given)
        for key, value in own.items():
            kinds = _KINDS.get(key)
            if kinds is None:
                continue
            if type(value) not in kinds or key == "name":
                self._check_value(key, value, given)
            if kinds is _FLAG:
                sets_flag = True
            elif kinds is _TEXTS and isinstance(value, str):  # subclasses add words to the list
                own[key] = [value]
        for key in texts:
            if key not in own:
                own[key] = [getattr(self, key)]
        return sets_flag

    def _check_class(self, given: dict[str, Any]) -> tuple[str, ...]:
        """Checks what the step has of its class; which of the descriptions are single strings."""
        cls, own, right = type(self), self.__dict__, True
        for key in _KINDS:
            if key in own:
                right = _is_right(key, getattr(cls, key)) and right
            else:
                right = self._check_value(key, getattr(self, key), given) and right
        texts = tuple(key for key in _DESCRIPTIONS if isinstance(getattr(cls, key), str))
        if right:
            type.__setattr__(cls, "_class_texts", texts)
        return texts

    def _check_value(self, key: str, value: Any, given: dict[str, Any]) -> bool:
        if not _is_right(key, value):
            kinds = _KINDS[key]
            return check_type(_label(self, given), key.lstrip("_"), value, *kinds, renderable=True)
        return key != "name" or _check_length(self, given)

    # -- the recipe --------------------------------------------------------------------------

    def _refuse_change(self, name: str) -> None:
        what = f'"{name}" cannot be set on a finished step: pass it as an argument'
        report(what, step_label(self))

    def set_step_arg(self, name: str, value: Any) -> None:
        """Changes an argument of a recipe."""
        changed = {**self._changed_args, name: value}
        was_sealed, self._sealed = self._sealed, False
        _, args, kwargs = self._recipe()
        self.__init__(*args, **{**kwargs, **changed})  # type: ignore[misc]
        self.__dict__["_changed_args"] = changed
        self._sealed = was_sealed

    def recipe(self) -> tuple[type, tuple[Any, ...], dict[str, Any]]:
        """Class and arguments of the objects that each build makes."""
        cls, args, kwargs = self._recipe()
        return cls, args, {**kwargs, **self._changed_args}

    def running_copy(self) -> BuildStep:
        """A new object of the same class and arguments, for one build."""
        cls, args, kwargs = self.recipe()
        made: BuildStep = type.__call__(cls, *args, **kwargs)
        return made

    def buildStep(self) -> BuildStep:
        """The same, by Buildbot's name."""
        return self.running_copy()

    def refuse_changed_recipe(self) -> None:
        """Reports what was set on a recipe that a running step has made: no build would see it."""
        if not self._sealed:
            known = self.running_copy().__dict__.keys() | {"_changed_args"}
            for name in sorted(self.__dict__.keys() - known):
                self._refuse_change(name)

    def get_step_factory(self) -> BuildStep:
        """What a build factory holds of it."""
        return self

    def is_exact_step_class(self, klass: type) -> bool:
        """Whether it was made from this very class."""
        return type(self) is klass

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, BuildStep) or self.build is not None or other.build is not None:
            return False  # only recipes are
        return bool(self.recipe() == other.recipe())

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        _, args, kwargs = self.recipe()
        inside = [repr(arg) for arg in args] + [f"{k}={v!r}" for k, v in kwargs.items()]
        return f"{type(self).__name__}({', '.join(inside)})"

    # -- the build around it -----------------------------------------------------------------

    def setBuild(self, build: Any) -> None:
        """Called once, before anything else, in a build."""
        self.build = build
        self.master = build.master

    def setWorker(self, worker: Any) -> None:
        """Called once with the worker."""
        self.worker = worker

    def getProperties(self) -> Properties:
        """The build's properties."""
        properties: Properties = self.build.getProperties()
        return properties

    @property
    def workdir(self) -> Any:
        """Directory of its commands: its own or the build's."""
        if self._workdir is not None or self.build is None:
            return self._workdir
        workdir = self.build.workdir
        return workdir(self.build.sources) if callable(workdir) else workdir

    @workdir.setter
    def workdir(self, workdir: Any) -> None:
        self._workdir = workdir

    def setDefaultWorkdir(self, workdir: Any) -> None:
        """Accepted for old steps: the directory unless the step has its own."""
        if self._workdir is None:
            self._workdir = workdir

    def getWorkerName(self) -> str:
        """Name of the worker that the build runs on."""
        name: str = self.build.getWorkerName()
        return name

    def workerVersion(self, command: str, oldversion: str | None = None) -> str | None:
        """Version of the worker's command; None when it has none of that name.

        Args:
            command: its name.
            oldversion: what a worker has that tells nothing of versions.
        """
        version: str | None = self.build.getWorkerCommandVersion(command, oldversion)
        return version

    def workerVersionIsOlderThan(self, command: str, minversion: str) -> bool:
        """Whether the worker's command is missing or older."""
        version = self.workerVersion(command)
        return version is None or _numbers(version) < _numbers(minversion)

    def checkWorkerHasCommand(self, command: str) -> None:
        """Stops the step unless the worker has the command.

        Raises:
            WorkerSetupError: it has not.
        """
        if not self.workerVersion(command):
            raise WorkerSetupError(f'worker "{self.getWorkerName()}" has no command "{command}"')

    # -- running -----------------------------------------------------------------------------

    async def run(self) -> int:
        """Does the step's work and returns its result."""
        raise NotImplementedError(f"{type(self).__name__} has no run()")

    @_tasks.started
    async def runCommand(self, command: Any) -> Any:
        """Runs a command on the worker and gives it back; CANCELLED when the step was stopped."""
        if self.stopped:
            return CANCELLED
        self.cmd = command
        command.worker = self.worker
        try:
            await command.run(self, None, self.build.builder.name)
            if command.remote_failure_reason in ("timeout", "timeout_without_output"):
                self.timed_out = True
            elif command.remote_failure_reason == "max_lines_failure":
                self.max_lines_reached = True
        finally:
            self.cmd = None
        return command

    def interrupt(self, reason: Any) -> Any:
        """Stops the step; overriding methods call this one too."""
        if self.stopped:
            return None
        self.stopped = True
        if self.cmd is not None:
            self.cmd.interrupt(reason)
        return self.addCompleteLog("cancelled", str(reason))

    # -- logs --------------------------------------------------------------------------------

    @property
    def _in_build(self) -> LiveStep:
        if self._live is None:
            raise RuntimeError(f"{self!r} is not running in a build")
        return self._live

    @_tasks.started
    async def addLog(self, name: str, type: str = "s", logEncoding: Any = None) -> Log:
        """Makes a log.

        Args:
            name: of the log.
            type: "s" (stream), "t" (text) or "h" (HTML).
            logEncoding: of the bytes that are added; the step's or the master's by default.
        """
        made: Log = await self._in_build.logs.add(name, type, logEncoding)
        return made

    def getLog(self, name: str) -> Log:
        """A log made before.

        Raises:
            KeyError: there is none of that name.
        """
        found: Log = self._in_build.logs.by_name[name]
        return found

    @_tasks.started
    async def addCompleteLog(self, name: str, text: str) -> None:
        """Makes a text log with all its content."""
        await self._in_build.logs.add_complete(name, "t", text)

    @_tasks.started
    async def addHTMLLog(self, name: str, html: str) -> None:
        """Makes an HTML log with all its content."""
        await self._in_build.logs.add_complete(name, "h", html)

    @_tasks.started
    async def addLogWithException(self, why: BaseException, logprefix: str = "") -> None:
        """Makes logs with the traceback of an exception."""
        await self._in_build.logs.add_exception(why, logprefix)

    addLogWithFailure = addLogWithException

    def addLogObserver(self, logname: str, observer: Any) -> None:
        """Gives a log's text to the observer while it comes; the log may be made later."""
        observer.setStep(self)
        if self._live is None:  # typically in a subclass's __init__
            self.__dict__["_early_observers"] = [*self._early_observers, (logname, observer)]
        else:
            self._live.logs.observe(logname, observer)

    # -- test results and data of the build ----------------------------------------------------

    async def addTestResultSets(self) -> None:
        """Called before ``run``: a step makes its result sets here."""

    @_tasks.started
    async def addTestResultSet(self, description: str, category: str, value_unit: str) -> int:
        """Makes a set of test results and returns its id.

        Args:
            description: what the results are.
            category: "pass_fail", "pass_only", "fail_only", "code_issue" ...
            value_unit: what a value is: "boolean", "message", "ms" ...
        """
        made: int = await self._in_build.results.add_set(description, category, value_unit)
        return made

    def addTestResult(
        self,
        setid: int,
        value: str,
        test_name: str | None = None,
        test_code_path: str | None = None,
        line: int | None = None,
        duration_ns: int | None = None,
    ) -> None:
        """Adds a result to a set; it has the name of a test, or a path in the sources, or both."""
        self._in_build.results.add(setid, value, test_name, test_code_path, line, duration_ns)

    @_tasks.started
    async def setBuildData(self, name: str, value: bytes, source: str) -> None:
        """Keeps bytes with the build, under a name."""
        await self._in_build.results.set_build_data(name, value, source)

    # -- what is shown -----------------------------------------------------------------------

    @_tasks.started
    async def addURL(self, name: str, url: str) -> None:
        """Shows a link with the step."""
        await self._in_build.handle.add_url(name, url)

    def updateSummary(self) -> None:
        """Asks again what the step is doing, at most once a second."""
        if self._live is not None:
            self._live.summary_due(self)

    def getCurrentSummary(self) -> Any:
        """``{"step": text}`` while it runs; may be async."""
        return {"step": _summary.current(self)}

    def getResultSummary(self) -> Any:
        """``{"step": text}`` and perhaps ``"build"`` when it is done; may be async."""
        return {"step": _summary.final(self)}

    @_tasks.promised
    async def getBuildResultSummary(self) -> dict[str, str]:
        """The result summary, with the step's text for the build if its policy says so."""
        summary = await _tasks.awaited(self.getResultSummary())
        policy = self.updateBuildSummaryPolicy
        if self.results in policy and "step" in summary and "build" not in summary:
            summary["build"] = summary["step"]
        return dict(summary)

    def hasStatistic(self, name: str) -> bool:
        """Whether the step counted something of that name."""
        return name in self._statistics

    def getStatistic(self, name: str, default: Any = None) -> Any:
        """What the step counted."""
        return self._statistics.get(name, default)

    def getStatistics(self) -> dict[str, Any]:
        """All that the step counted."""
        return dict(self._statistics)

    def setStatistic(self, name: str, value: Any) -> None:
        """Remembers what the step counted."""
        if "_statistics" not in self.__dict__:
            self.__dict__["_statistics"] = {}
        self.__dict__["_statistics"][name] = value

    def setProgress(self, metric: str, value: Any) -> None:
        """Accepted for old steps; progress is shown from the durations of earlier builds."""

    def setupProgress(self) -> None:
        """Accepted for old steps."""


def step_label(step: BuildStep) -> str:
    """What a recipe is called in messages."""
    return _label(step, step.recipe()[2])


def _label(step: BuildStep, kwargs: dict[str, Any]) -> str:
    name = kwargs.get("name", type(step).name)
    return f"{quoted('step', name)} ({type(step).__name__})"


def _is_right(key: str, value: Any) -> bool:
    if type(value) in _KINDS[key] or (key in _MAY_BE_FUNCTIONS and callable(value)):
        return True
    return has_type(value, _KINDS[key]) or is_renderable(value)


def _init_names(cls: type) -> set[str]:
    names: set[str] = set()
    for base in cls.__mro__:
        init: Callable[..., None] | None = base.__dict__.get("__init__")
        if inspect.isfunction(init):
            names.update(inspect.signature(init).parameters)
    if issubclass(cls, ShellMixin):
        names.update(ShellMixin.accepted_arguments)
    return names - {"self", "kwargs", "args"}


def _check_length(step: BuildStep, given: dict[str, Any]) -> bool:
    name, length = step.name, 0
    if isinstance(name, str):
        length = len(name)
    elif isinstance(name, Interpolate) and name.core is not None:
        length = name.core.shortest_length
    if length > 50:
        report(f"the name has {length} characters, more than 50", _label(step, given))
    return length <= 50


def _numbers(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]
