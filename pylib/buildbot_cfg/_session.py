# SPDX-License-Identifier: MIT
"""The Python side of one build."""

from __future__ import annotations

import json
from typing import Any

from buildbot_cfg import _steering
from buildbot_cfg._master import MASTER
from buildbot_cfg._runner import StepRunner
from buildbot_cfg._view_locks import AccessView, access_views
from buildbot_cfg.process._rendering import holds_renderable, is_renderable, render
from buildbot_cfg.process._sourcestamp import BuilderOfBuild, WorkerOfBuild, source_stamps
from buildbot_cfg.process.build import Build
from buildbot_cfg.process.buildrequest import BuildRequest
from buildbot_cfg.process.buildstep import BuildStep

_NOTHING = object()  # no value was stored yet


class BuildSession:
    """Holds the build object, and the handle of the step that runs now."""

    def __init__(self, maker: Any, context: dict[str, Any]) -> None:
        config = maker.config
        self.log_encoding = maker.log_encoding
        asked: Build | None = context.get("asked")
        self.build = _build_of(maker, context) if asked is None else asked
        self.build.builder.builderid = context["builder"]
        self.build._begin(context)
        MASTER.mirror.began(self.build, context["build"], config.name, context["worker_name"])
        self.build._add_steps, self.build._stop = self._add_steps, self._stop
        lazy = maker.lazy_properties(context["properties"], context["worker_name"])
        self.build.properties.properties.update(lazy)
        #: Properties that are renderables, and the values that are stored of them.
        self._lazy: dict[str, Any] = dict.fromkeys(lazy)
        self.worker = WorkerOfBuild(
            context["worker_name"],
            self.build.getWorkerInfo(),
            dict(context["worker_info"].get("environ") or {}),
        )
        self.build.properties.on_change = self._changed
        self.build.properties.on_secret = self._uses_secret
        self.current: Any = None
        #: What the running step has while it runs.
        self.live: Any = None
        self.build._running_step = lambda: self.live
        #: Properties that were set while no step ran.
        self._kept: dict[str, tuple[Any, str]] = {}
        self._kept_steps: tuple[list[StepRunner], list[StepRunner]] = ([], [])
        self._kept_stop: tuple[str, int] | None = None
        #: Its class has a say in which steps it has.
        self.makes_steps = type(self.build) is not Build
        self.steers = _steering.is_asked(self.build)
        #: Of the builder's list, when that is rendered.
        self.locks: list[AccessView] = []

    async def render_locks(self, given: Any) -> None:
        """Renders the builder's list for this build, if that is to be done."""
        if holds_renderable(given):
            self.locks = access_views(await render(given, self.build.getProperties()))

    def take_properties(self) -> dict[str, tuple[Any, str]]:
        """What was set while no step ran, since the last call."""
        kept, self._kept = self._kept, {}
        return kept

    def take_steps(self) -> tuple[list[StepRunner], list[StepRunner]]:
        """The same for steps that were added: those that run next, and those that run last."""
        kept, self._kept_steps = self._kept_steps, ([], [])
        return kept

    def take_stop(self) -> tuple[str, int] | None:
        """The reason and the result when the build was stopped while no step ran."""
        kept, self._kept_stop = self._kept_stop, None
        return kept

    async def step_done(self, step: int) -> dict[str, Any]:
        """A step has ended with this result; for builds that steer."""
        return await _steering.step_done(self, step)

    async def build_finished(self, texts: list[str], results: int) -> dict[str, Any]:
        """All steps are done; for builds that steer."""
        return await _steering.build_finished(self, texts, results)

    def _changed(self, name: str, value: Any, source: str, runtime: bool) -> None:
        if is_renderable(value):
            self._lazy[name] = _NOTHING
        elif self.current is not None:
            self._store(name, value, source, runtime)
        else:
            self._kept[name] = (json.loads(json.dumps(value)), source)

    async def store_renderables(self) -> None:
        """Stores what the properties that are renderables are now: before and after each step.

        A property's first value is None, which the core has already.
        """
        properties = self.build.properties
        for name, stored in list(self._lazy.items()):
            value, source = properties.properties[name]
            if not is_renderable(value):
                del self._lazy[name]
                continue
            now = await render(value, properties)
            if now != stored:
                self._lazy[name] = now
                self._store(name, now, source, name in properties.runtime)

    def _store(self, name: str, value: Any, source: str, runtime: bool) -> None:
        try:
            self.current.set_property(name, value, source, runtime)
        except TypeError:  # JSON has texts for keys like 1 and None
            plain = json.loads(json.dumps(value))
            self.current.set_property(name, plain, source, runtime)

    def _uses_secret(self, name: str, value: str) -> None:
        if self.current is not None:
            self.current.use_secret(name, value)

    def _add_steps(self, recipes: list[Any], at_end: bool) -> None:
        if self.build.finished:
            raise RuntimeError("the build is over: no steps can be added to it")
        runners = [StepRunner(self, _checked(recipe)) for recipe in recipes]
        if self.current is not None:
            self.current.add_steps(runners, at_end)
        else:
            self._kept_steps[at_end].extend(runners)

    def _stop(self, reason: str, results: int) -> None:
        if self.current is not None:
            self.current.stop_build(reason, results)
        elif self._kept_stop is None:
            self._kept_stop = (reason, results)

    def property_changed(self, name: str, value: Any, source: str) -> None:
        """A native step changed a property."""
        self.build.properties.properties[name] = (value, source)

    def results_changed(self, results: int) -> None:
        """What the build's result would be if it ended now."""
        self.build.results = results

    def close(self, results: int) -> None:
        """The build is over."""
        self.build.results, self.build.finished = results, True
        self.build.properties.on_change = self.build.properties.on_secret = None
        self.current = self.live = None


def _build_of(maker: Any, context: dict[str, Any]) -> Build:
    sources = source_stamps(context["sourcestamps"], context["changes"])
    request = BuildRequest(
        context["request"],
        context["buildset"],
        context["reason"],
        {source.codebase: source for source in sources},
        context["builder_name"],
        context["builder"],
        master=MASTER,
    )
    return new_build(maker, context, request, sources)


def new_build(maker: Any, context: dict[str, Any], request: Any, sources: list[Any]) -> Build:
    """A build as its steps will see it, but for its properties and its number."""
    config = maker.config
    builder = BuilderOfBuild(
        context["builder_name"], context["builder"], config, MASTER, maker.buildbot_url
    )
    build: Build = config.factory.build_class()([request], builder)
    build.master = MASTER
    build._prepare(context, config, sources)
    return build


async def open_build(
    maker: Any, context: dict[str, Any], recipes: list[Any]
) -> _steering.OpenedSteps:
    """Makes the build and its Python steps; what a step's class raises comes out."""
    session = BuildSession(maker, context)
    opened = await _steering.opened(session, recipes)
    await session.render_locks(maker.config.locks)
    return opened


def _checked(recipe: Any) -> Any:
    if not isinstance(recipe, BuildStep):
        raise TypeError(f"only steps can be added to a build, not {recipe!r}")
    recipe.refuse_changed_recipe()
    return recipe
