# SPDX-License-Identifier: MIT
"""The Python side of one build."""

from __future__ import annotations

import json
from typing import Any

from buildbot_cfg._master import MASTER
from buildbot_cfg._runner import StepRunner
from buildbot_cfg.process._rendering import is_renderable, render
from buildbot_cfg.process._sourcestamp import (
    BuilderOfBuild,
    RequestOfBuild,
    WorkerOfBuild,
    source_stamps,
)
from buildbot_cfg.process.buildstep import BuildStep

_NOTHING = object()  # no value was stored yet


class BuildSession:
    """Holds the build object, and the handle of the step that runs now."""

    def __init__(self, maker: Any, context: dict[str, Any]) -> None:
        config = maker.config
        self.log_encoding = maker.log_encoding
        sources = source_stamps(context["sourcestamps"], context["changes"])
        by_codebase = {source.codebase: source for source in sources}
        request = RequestOfBuild(
            context["request"], context["buildset"], context["reason"], by_codebase
        )
        builder = BuilderOfBuild(
            context["builder_name"], context["builder"], config, MASTER, maker.buildbot_url
        )
        self.build = config.factory.build_class()([request], builder)
        self.build.master = MASTER
        self.build._begin(context, config, sources)
        self.build._add_steps = self._add_steps
        lazy = maker.lazy_properties(context["properties"], context["worker_name"])
        self.build.properties.properties.update(lazy)
        #: Properties that are renderables, and the values that are stored of them.
        self._lazy: dict[str, Any] = dict.fromkeys(lazy)
        self.worker = WorkerOfBuild(context["worker_name"], self.build.getWorkerInfo())
        self.build.properties.on_change = self._changed
        self.build.properties.on_secret = self._uses_secret
        self.current: Any = None

    def _changed(self, name: str, value: Any, source: str, runtime: bool) -> None:
        if is_renderable(value):
            self._lazy[name] = _NOTHING
        elif self.current is not None:
            self._store(name, value, source, runtime)

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
        if self.current is None:
            raise RuntimeError("steps can be added only while a step of the build runs")
        runners = [StepRunner(self, _checked(recipe)) for recipe in recipes]
        self.current.add_steps(runners, at_end)

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
        self.current = None


async def open_build(maker: Any, context: dict[str, Any], recipes: list[Any]) -> list[StepRunner]:
    """Makes the build and its Python steps; what a step's class raises comes out."""
    session = BuildSession(maker, context)
    return [StepRunner(session, recipe) for recipe in recipes]


def _checked(recipe: Any) -> Any:
    if not isinstance(recipe, BuildStep):
        raise TypeError(f"only steps can be added to a build, not {recipe!r}")
    return recipe
