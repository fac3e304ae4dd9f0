# SPDX-License-Identifier: MIT
"""The builders of a configuration as the core reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from buildbot_cfg._bridge import is_late
from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken
from buildbot_cfg._errors import placed, report, warn
from buildbot_cfg._native import NativeShells
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._templates import NeedsPython, template
from buildbot_cfg._view_locks import AccessView, checked
from buildbot_cfg._view_workers import (
    Sourced,
    WorkerView,
    class_path,
    renderables_of,
    sourced,
)
from buildbot_cfg._where import Location, code_of, place
from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.process._rendering import holds_renderable, is_renderable
from buildbot_cfg.process.build import Build
from buildbot_cfg.process.buildstep import BuildStep, step_label
from buildbot_cfg.process.log import Encoding
from buildbot_cfg.worker.base import AbstractWorker

if TYPE_CHECKING:
    from buildbot_cfg._gate import BuildGate
    from buildbot_cfg._matching import MatchHook

#: Arguments of BuilderConfig that do nothing yet.
_LATER = ("project",)


#: Methods of Build that users override, but that are not called.
_BUILD_HOOKS = ("startBuild", "getNextStep", "startNextStep", "stopBuild", "acquireLocks")


@dataclass(slots=True)
class RecipeView:
    """One step: native, or the recipe that Python makes steps of.

    ``native`` are the step's own fields; the others are ``shared`` by all steps of its class.
    """

    class_name: str
    native: dict[str, Any] | None
    python: Any
    shared: dict[str, Any] | None = None


@dataclass(slots=True)
class BuilderView:
    """One builder."""

    name: str
    description: str | None
    description_format: str | None
    tags: list[str]
    worker_names: list[str]
    builddir: str
    worker_builddir: str
    env: Any
    properties: Sourced
    default_properties: Sourced
    collapse: str
    workdir: str
    locks: list[AccessView]
    renders_locks: bool
    maker: Any
    hooks: Any
    #: Functions that choose requests and workers, or None.
    match: MatchHook | None
    #: The function that says whether a build is built, or None.
    gate: BuildGate | None
    #: Makes the views of the steps, and whether these may be native.
    recipes: _Recipes
    native: bool

    @property
    def steps(self) -> list[RecipeView]:
        """The steps' views, made when they are asked for: the core looks at each once."""
        steps = self.maker.config.factory.steps
        return [self.recipes.view(step, self.native) for step in steps]

    @property
    def steps_in_doubt(self) -> list[RecipeView]:
        """Only the views of those with which the core may find something wrong."""
        steps = self.maker.config.factory.steps
        return [self.recipes.view(step, self.native) for step in steps if not is_late(step)]


@dataclass(slots=True)
class BuilderMaker:
    """What Python needs to make a builder's builds."""

    config: BuilderConfig
    buildbot_url: str
    #: Properties that are renderables, by their source: of all builders, of each worker.
    everywhere: tuple[str, dict[str, Any]] = ("", {})
    of_workers: dict[str, dict[str, Any]] = field(default_factory=dict)
    log_encoding: Encoding = "utf-8"

    def lazy_properties(self, given: dict[str, Any], worker: str) -> dict[str, tuple[Any, str]]:
        """The renderables that a build on the worker has among its given properties."""
        found = {}
        for source, values in (
            self.everywhere,
            ("Builder", renderables_of(self.config)),
            ("Worker", self.of_workers.get(worker, {})),
        ):
            for name, value in values.items():
                if tuple(given.get(name, ())) == (None, source):
                    found[name] = (value, source)
        return found

    @property
    def is_lazy(self) -> bool:
        """Whether its builds may have such properties."""
        workers = any(name in self.of_workers for name in self.config.workernames)
        return bool(self.everywhere[1] or workers or renderables_of(self.config))


def collapse_of(given: Any) -> str:
    """``collapseRequests`` in the border's words."""
    if callable(given):
        return "callback"
    return "off" if given is False else "rule"


@dataclass(slots=True)
class CollapseHook:
    """A function that says whether the newer of two requests replaces the older one."""

    builder: BuilderConfig
    function: Callable[..., Any]


def builder_views(
    values: dict[str, Any], workers: list[WorkerView], lines: Any, path: str
) -> list[BuilderView]:
    """Checks ``c["builders"]``."""
    views: dict[str, BuilderView] = {}
    directories: dict[str, str] = {}
    everywhere = (path, {k: v for k, v in values["properties"].items() if is_renderable(v)})
    of_workers = _renderables_of_workers(values["workers"])
    known = {worker.name for worker in workers} | _broken_names(values["workers"])
    recipes = _Recipes()
    all_given = values["builders"]
    # What is left there are objects: whoever looks at the configuration later finds no dicts.
    values["builders"] = [_of_dict(g, lines) if isinstance(g, dict) else g for g in all_given]
    for given, config in zip(all_given, values["builders"], strict=True):
        if type(config) is not BuilderConfig and not isinstance(config, BuilderConfig):
            report(
                f"must hold BuilderConfigs, not {shown(config)}", 'c["builders"]', lines("builders")
            )
            continue
        if is_broken(config) or not config.name:
            continue
        # Lines are counted only where something is wrong.
        where = partial(lines, "builders") if isinstance(given, dict) else partial(place, config)
        _check(config, known, directories, views, where)
        maker = BuilderMaker(
            config, values["buildbotURL"], everywhere, of_workers, values["logEncoding"]
        )
        views.setdefault(config.name, _view(maker, values, recipes))
    return list(views.values())


def _renderables_of_workers(workers: Any) -> dict[str, dict[str, Any]]:
    found = {}
    for worker in workers:
        if isinstance(worker, AbstractWorker) and not is_broken(worker) and worker.name:
            found[worker.name] = renderables_of(worker)
    return {name: given for name, given in found.items() if given}


def _of_dict(given: dict[str, Any], lines: Any) -> Any:
    with placed(lines("builders")):
        return BuilderConfig(**{str(key): value for key, value in given.items()})


def _broken_names(workers: Any) -> set[str]:
    return {worker.name for worker in workers if is_broken(worker)}


def _check(
    config: BuilderConfig,
    workers: set[str],
    directories: dict[str, str],
    views: dict[str, BuilderView],
    where: Callable[[], Location],
) -> None:
    if config.name in views:
        report("another builder has this name", config.label, where())
    elif (other := directories.setdefault(config.builddir, config.name)) != config.name:
        what = f'the builddir "{config.builddir}" is also that of builder "{other}"'
        report(what, config.label, where())
    for name in config.workernames:
        if name not in workers:
            report(f'unknown worker "{name}"{did_you_mean(name, workers)}', config.label, where())
    build_class = config.factory.build_class()
    for name in _BUILD_HOOKS if build_class is not Build else ():
        if getattr(build_class, name, None) is not getattr(Build, name, None):
            what = f"the method {name} of {build_class.__name__} is not called in this version"
            warn(what, config.label, where())
    for key in _LATER:
        if getattr(config, key):
            warn(f'"{key}" is accepted, not active in this version', config.label, where())


def _view(maker: BuilderMaker, values: dict[str, Any], recipes: _Recipes) -> BuilderView:
    config = maker.config
    given = config.collapseRequests
    chosen = values["collapseRequests"] if given is None else given
    env, native = _environment(config, recipes)
    return BuilderView(
        name=config.name,
        description=config.description,
        description_format=config.description_format,
        tags=config.tags,
        worker_names=config.workernames,
        builddir=config.builddir,
        worker_builddir=config.workerbuilddir,
        env=env,
        properties=sourced(config, "properties", "Builder"),
        default_properties=sourced(config, "defaultProperties", "Builder"),
        collapse=collapse_of(chosen),
        workdir=config.factory.workdir if isinstance(config.factory.workdir, str) else "build",
        locks=checked(config.locks, config.label, partial(place, config)),
        renders_locks=holds_renderable(config.locks),
        maker=maker,
        hooks=CollapseHook(config, chosen) if callable(chosen) else None,
        match=_match_hook(config, values["select_next_worker"]),
        gate=_gate(maker),
        recipes=recipes,
        native=native and not maker.is_lazy,
    )


def _match_hook(config: BuilderConfig, select_next_worker: Any) -> Any:
    if not (select_next_worker or config.nextWorker or config.nextBuild or config.canStartBuild):
        return None
    from buildbot_cfg._matching import match_hook  # it needs the master

    return match_hook(config, select_next_worker)


def _gate(maker: BuilderMaker) -> Any:
    function = maker.config.do_build_if
    if function is None:
        return None
    from buildbot_cfg._gate import BuildGate  # it needs the master

    return BuildGate(maker, function)


def _environment(config: BuilderConfig, recipes: _Recipes) -> tuple[Any, bool]:
    """The environment for native steps, and whether steps of the builder may be native."""
    changed = any(recipes.changes_environment(step) for step in config.factory.steps)
    changed = changed or "env" in getattr(code_of(config.do_build_if), "co_names", ())
    may = isinstance(config.factory.workdir, str) and config.factory.build_class() is Build
    try:
        return template(config.env), may and not changed
    except NeedsPython:
        return {}, False


def _changes_environment(cls: type) -> bool:
    """Whether a user's step seems to look at `build.env`, which the steps after it see changed."""
    return any(
        {"build", "env"} <= set(function.__code__.co_names)
        for base in cls.__mro__
        if not base.__module__.startswith(("buildbot.", "buildbot_cfg."))
        for function in base.__dict__.values()
        if isinstance(function, FunctionType)
    )


@dataclass(frozen=True, slots=True)
class _ClassFacts:
    """What all steps of one class have in common."""

    path: str
    changes_environment: bool


class _Recipes:
    """Makes the views of steps; remembers what it found out about their classes."""

    def __init__(self) -> None:
        self._natives = NativeShells()
        self._facts: dict[type, _ClassFacts] = {}

    def facts(self, step: Any) -> _ClassFacts:
        cls = type(step)
        found = self._facts.get(cls)
        if found is None:
            found = self._facts[cls] = _ClassFacts(class_path(step), _changes_environment(cls))
            _warn_without_run(step)
        return found

    def changes_environment(self, step: Any) -> bool:
        return self.facts(step).changes_environment

    def view(self, step: Any, may_be_native: bool) -> RecipeView:
        path = self.facts(step).path
        found = self._natives.fields(step) if may_be_native else None
        if found is None:
            return RecipeView(path, None, step)
        return RecipeView(path, found[1], None, found[0])


def _warn_without_run(step: BuildStep) -> None:
    cls = type(step)
    if cls.run is BuildStep.run:
        old = "start() is not called any more: " if hasattr(cls, "start") else ""
        what = f"{old}write async def run(self), which returns a result (SUCCESS, FAILURE ...)"
        warn(what, step_label(step), place(step))
