# SPDX-License-Identifier: MIT
"""What all schedulers have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from buildbot_cfg._bridge import SchedulerBase
from buildbot_cfg._checks import (
    are_strings,
    check_properties,
    check_strings,
    check_type,
    has_type,
    shown,
)
from buildbot_cfg._declared import Declared, Label, is_function_of_ours, quoted
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._tasks import done
from buildbot_cfg.process._rendering import holds_renderable, is_renderable
from buildbot_cfg.schedulers._running import RunningScheduler

_CODEBASE_KEYS = ("branch", "repository", "revision", "project")


class ReconfigurableBaseScheduler(RunningScheduler, SchedulerBase, metaclass=Declared):
    """Asks for builds; see the subclasses.

    Args:
        name: unique among schedulers.
        builderNames: a list of builders' names.
        properties: values that each of its builds gets.
        codebases: a list of names, or a dict of names with default branch, repository, revision.
        priority: an integer; higher ones are built first.
    """

    DEFAULT_CODEBASES: dict[str, dict[str, Any]] = {"": {}}
    label = Label(lambda scheduler: quoted("scheduler", scheduler.name))

    def __init__(
        self,
        name: str,
        builderNames: Any,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        self.name = name
        if not isinstance(name, str) or not name:
            report(f"a scheduler needs a name (a string), not {shown(name)}", "scheduler")
        self.builderNames = self._checked_builders(builderNames)
        self.properties: dict[str, Any] = {}
        if properties is not None:
            self.properties = check_properties(self.label, "properties", properties)
        self.codebases = self._checked_codebases(codebases)
        if priority is not None and not has_type(priority, (int,)) and not callable(priority):
            report(
                f'"priority" must be an integer or a function, not {shown(priority)}', self.label
            )
        self.priority = priority

    def _checked_builders(self, names: Any) -> Any:
        if is_renderable(names) or are_strings(names):
            return names  # no copy: some files fill the list after the scheduler is made
        if not isinstance(names, (list, tuple)):
            what = f'"builderNames" must be a list of strings, not {shown(names)}'
            report(what, self.label)
            return []
        plain = [name for name in names if not holds_renderable(name)]
        check_strings(self.label, "builderNames", plain)
        return names

    def _checked_codebases(self, codebases: Any) -> dict[str, dict[str, Any]]:
        if codebases is None:
            return {"": {}}
        if isinstance(codebases, (list, tuple)):
            check_strings(self.label, "codebases", codebases)
            return {name: {} for name in codebases if isinstance(name, str)}
        if not check_type(self.label, "codebases", codebases, dict, list):
            return {"": {}}
        checked = {}
        for name, defaults in codebases.items():
            if not isinstance(name, str) or not isinstance(defaults, dict):
                report(
                    f'"codebases" must map names to dicts, not {name!r} to {defaults!r}', self.label
                )
                continue
            for key in defaults.keys() - set(_CODEBASE_KEYS):
                report(f'unknown key "{key}" of codebase "{name}"', self.label)
            checked[name] = dict(defaults)
        if not checked:
            report('"codebases" must not be empty', self.label)
        return checked

    def getConfigDict(self) -> dict[str, Any]:
        """Its name, its class and the arguments that it was made with."""
        cls, args, kwargs = self._recipe()
        names = inspect.signature(cls).parameters
        given = {"properties": None, **dict(zip(names, args, strict=False)), **kwargs}
        given.pop("name", None)
        path = f"{cls.__module__}.{cls.__name__}".replace("buildbot_cfg.", "buildbot.", 1)
        return {"name": self.name, "class": path, "args": (), "kwargs": given}

    def listBuilderNames(self) -> list[str]:
        """The builders' names."""
        return list(self.builderNames)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Users' classes may say by checkConfig and reconfigService what they take."""
        super().__init_subclass__(**kwargs)
        says = {"checkConfig", "reconfigService"} & vars(cls).keys()
        if "__init__" not in vars(cls) and any(
            not is_function_of_ours(vars(cls)[name]) for name in says
        ):
            cls.__init__ = _made_as_a_service  # type: ignore[method-assign]

    def checkConfig(self, *args: Any, **kwargs: Any) -> Any:
        """Checks the arguments, for classes that take further ones."""
        _class_of_ours(type(self)).__init__(self, self.name, *args, **kwargs)

    def reconfigService(self, *args: Any, **kwargs: Any) -> Any:
        """Takes over the arguments, for classes that take further ones; may be async."""
        properties = self.properties
        _class_of_ours(type(self)).__init__(self, self.name, *args, **kwargs)
        self.properties = properties
        return done()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


BaseScheduler = ReconfigurableBaseScheduler


def _class_of_ours(cls: type) -> Any:
    """The class whose ``__init__`` knows the arguments that a user's class hands on."""
    inits = ((base, vars(base).get("__init__")) for base in cls.__mro__)
    return next(
        base for base, init in inits if is_function_of_ours(init) and init is not _made_as_a_service
    )


def _made_as_a_service(self: Any, *args: Any, **kwargs: Any) -> None:
    if "name" not in kwargs and args:
        name, *rest = args
        args = tuple(rest)
    else:
        name = kwargs.pop("name", None)
    self.name = name
    if not isinstance(name, str) or not name:
        report(f"a scheduler needs a name (a string), not {shown(name)}", "scheduler")
    self._config_arguments = (args, kwargs)
    self.checkConfig(*args, **kwargs)


def checked_reason(scheduler: Any, reason: Any, keys: tuple[str, ...]) -> str:
    """The reason with its ``%(name)s`` and ``%(classname)s`` replaced."""
    label = scheduler.label
    if type(reason) is not str and not check_type(label, "reason", reason, str):
        return ""
    values = {"name": scheduler.name, "classname": type(scheduler).__name__}
    try:
        text: str = reason % {key: values[key] for key in keys}
    except KeyError as error:
        wrong = str(error.args[0])
        report(f'unknown key "%({wrong})s" in "reason"{did_you_mean(wrong, keys)}', label)
    except (TypeError, ValueError) as error:
        report(f'"reason" is malformed: {error}', label)
    else:
        return text
    return ""
