# SPDX-License-Identifier: MIT
"""The configuration of one builder."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from buildbot_cfg._bridge import BuilderBase
from buildbot_cfg._checks import (
    are_strings,
    check_attributes,
    check_callable,
    check_properties,
    check_strings,
    check_type,
    shown,
)
from buildbot_cfg._declared import Declared, Label, quoted
from buildbot_cfg._errors import report
from buildbot_cfg.process.factory import BuildFactory

_UNSAFE = re.compile(r"[\t !#$%&'()*+,./:;<=>?@\[\\\]^{|}~]")
_FUNCTIONS = ("nextWorker", "nextBuild", "canStartBuild", "do_build_if")
_TEXTS: dict[str, tuple[type, ...]] = {
    "description": (str, type(None)),
    "project": (str, type(None)),
}
RESERVED_UNDERSCORE_NAMES = ["__Janitor"]


class BuilderConfig(BuilderBase, metaclass=Declared):
    """What one builder does, and on which workers.

    Args:
        name: unique; must not start with an underscore.
        workername: one worker that may run it.
        workernames: a list of them; joined with ``workername``.
        builddir: a name for its files; the builder's name by default.
        workerbuilddir: directory below the worker's base directory; ``builddir`` by default.
        factory: the steps.
        tags: a list of unique strings.
        env: environment variables of all commands; may hold renderables.
        properties: values that each of its builds gets.
        defaultProperties: the same, unless something else set them.
        nextWorker: a function (builder, workers, request) that gives one of the free workers, or
            None: the request waits.
        nextBuild: a function (builder, requests) that gives one of the requests that wait.
        canStartBuild: a function (builder, worker, request); False: not on this worker now.
        collapseRequests: None, True, False or a function (master, builder, newer, older) of
            two requests as dicts; True: the older one is dropped.
        do_build_if: a function (build) that is asked before the build has a number; False skips
            the build.

    Example:
        >>> from buildbot_cfg.process.factory import BuildFactory
        >>> builder = BuilderConfig(name="runtests", workernames=["w1"], factory=BuildFactory())
        >>> builder.workernames
        ['w1']
    """

    label = Label(lambda builder: quoted("builder", builder.name))

    def __init__(
        self,
        name: str | bytes | None = None,
        workername: str | None = None,
        workernames: str | list[str] | None = None,
        builddir: str | None = None,
        workerbuilddir: str | None = None,
        factory: BuildFactory | None = None,
        tags: list[str] | None = None,
        nextWorker: Callable[..., Any] | None = None,
        nextBuild: Callable[..., Any] | None = None,
        locks: Any = None,
        env: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
        collapseRequests: bool | Callable[..., Any] | None = None,
        description: str | None = None,
        description_format: str | None = None,
        canStartBuild: Callable[..., Any] | None = None,
        defaultProperties: dict[str, Any] | None = None,
        project: str | None = None,
        do_build_if: Callable[..., Any] | None = None,
    ) -> None:
        self.name = self._checked_name(name)
        self.factory = self._checked_factory(factory)
        self.workernames = self._checked_workers(workername, workernames)
        self._check_directories(builddir, workerbuilddir)
        self.tags = self._checked_tags(tags)
        self.env = {} if env is None else env
        if type(self.env) is not dict and not check_type(self.label, "env", env, dict):
            self.env = {}
        self.properties = self._checked_properties("properties", properties)
        self.defaultProperties = self._checked_properties("defaultProperties", defaultProperties)
        self.locks = locks if locks is not None else []
        self.nextWorker, self.nextBuild = nextWorker, nextBuild
        self.canStartBuild, self.do_build_if = canStartBuild, do_build_if
        self.collapseRequests = collapseRequests
        self.description, self.description_format = description, description_format
        self.project = project
        own = self.__dict__
        for key in _FUNCTIONS:
            function = own[key]
            if function is not None:
                check_callable(self.label, key, function)
        if collapseRequests is not None and not isinstance(collapseRequests, bool):
            check_callable(self.label, "collapseRequests", collapseRequests)
        check_attributes(self, _TEXTS)
        if description_format not in (None, "markdown"):
            what = (
                f'"description_format" must be None or "markdown", not {shown(description_format)}'
            )
            report(what, self.label)

    def _checked_name(self, name: Any) -> str:
        if isinstance(name, bytes):
            try:
                name = name.decode("ascii")
            except UnicodeDecodeError:
                report(f"builder names as bytes must be ASCII, not {name!r}", "builder")
                return ""
        if not isinstance(name, str) or not name:
            report(f"a builder needs a name (a string), not {shown(name)}", "builder")
            return ""
        if name.startswith("_") and name not in RESERVED_UNDERSCORE_NAMES:
            report("builder names must not start with an underscore", quoted("builder", name))
        return name

    def _checked_properties(self, key: str, given: Any) -> dict[str, Any]:
        return {} if given is None else check_properties(self.label, key, given)

    def _checked_factory(self, factory: Any) -> Any:
        if factory is None:
            report('argument "factory" is missing', self.label)
        elif not isinstance(factory, BuildFactory):
            report(f'"factory" must be a BuildFactory, not {shown(factory)}', self.label)
        else:
            return factory
        return BuildFactory()

    def _checked_workers(self, one: Any, several: Any) -> list[str]:
        names: list[str] = []
        if several is not None:
            if isinstance(several, str):
                names.append(several)
            elif are_strings(several) or check_strings(self.label, "workernames", several, (list,)):
                names.extend(several)
            else:
                return names
        if one is not None and check_type(self.label, "workername", one, str):
            names.insert(0, one)
        if not names and one is None:
            report("at least one workername is required", self.label)
        return list(dict.fromkeys(names))

    def _check_directories(self, builddir: Any, workerbuilddir: Any) -> None:
        if builddir is not None:
            check_type(self.label, "builddir", builddir, str, type(None))
        if workerbuilddir is not None:
            check_type(self.label, "workerbuilddir", workerbuilddir, str, type(None))
        self.builddir = builddir if builddir is not None else safe_filename(self.name)
        self.workerbuilddir = workerbuilddir if workerbuilddir is not None else self.builddir

    def _checked_tags(self, tags: Any) -> list[str]:
        if not tags:
            if tags is not None:
                check_type(self.label, "tags", tags, list)
            return []
        if not are_strings(tags) and not check_strings(self.label, "tags", tags, (list,)):
            return []
        if len(set(tags)) < len(tags):
            for tag in dict.fromkeys(tag for tag in tags if tags.count(tag) > 1):
                report(f'duplicate tag "{tag}"', self.label)
        return list(tags)

    def getConfigDict(self) -> dict[str, Any]:
        """The arguments that are set, as a dict."""
        keys = ("name", "workernames", "factory", "builddir", "workerbuilddir", "tags", "env")
        found = {key: getattr(self, key) for key in keys}
        for key in ("properties", "defaultProperties", "locks", "description", "project"):
            if getattr(self, key):
                found[key] = getattr(self, key)
        return found

    def __repr__(self) -> str:
        return f"BuilderConfig(name={self.name!r})"


def safe_filename(name: str) -> str:
    """The name with everything unusual replaced by underscores."""
    return name if name.isalnum() else _UNSAFE.sub("_", name)
