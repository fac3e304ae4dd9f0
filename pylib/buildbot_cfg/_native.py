# SPDX-License-Identifier: MIT
"""Which steps need no Python while they run."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from buildbot_cfg._templates import NeedsPython, constant, template
from buildbot_cfg._view_locks import access_views
from buildbot_cfg.process import _summary
from buildbot_cfg.process._rendering import holds_renderable
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.results import FLAGS
from buildbot_cfg.steps.shell import ShellCommand

Fields = dict[str, Any]

_STOCK = frozenset(ShellCommand.__mro__)
_FLAGS = frozenset(FLAGS)


def _one_of(*kinds: type) -> Callable[[Any], Any]:
    return lambda value: constant(value, *kinds)


_flag = _one_of(bool)
_number = _one_of(int, float, type(None))


def _results(values: Any) -> list[Any]:
    return [constant(value, int) for value in values]


def _environment(value: Any) -> Any:
    if not isinstance(value, dict):
        raise NeedsPython
    return template(value)


def _codes(value: Any) -> dict[int, int]:
    codes: dict[Any, Any] = constant(value, dict)
    return {constant(k, int): constant(v, int) for k, v in codes.items()}


def _accesses(value: Any) -> Any:
    if holds_renderable(value):
        raise NeedsPython
    try:
        return access_views(value)
    except TypeError as error:
        raise NeedsPython from error


#: The step's attributes: names of the fields of ``script::NativeShell``, and what makes the values.
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", template),
    "command": ("command", template),
    "_workdir": ("workdir", template),
    "env": ("env", _environment),
    "description": ("description", template),
    "descriptionDone": ("description_done", template),
    "descriptionSuffix": ("description_suffix", template),
    "alwaysRun": ("always_run", _flag),
    "doStepIf": ("skip", lambda value: not constant(value, bool)),
    "hideStepIf": ("hidden", _flag),
    "updateBuildSummaryPolicy": ("build_summary_policy", _results),
    "decodeRC": ("decode_rc", _codes),
    "want_stdout": ("want_stdout", _flag),
    "want_stderr": ("want_stderr", _flag),
    "usePTY": ("use_pty", lambda value: bool(constant(value, bool, type(None)))),
    "logEnviron": ("log_environ", _flag),
    "lazylogfiles": ("lazy_log_files", _flag),
    "logfiles": ("log_files", template),
    "initialStdin": ("initial_stdin", template),
    "timeout": ("timeout", _number),
    "maxTime": ("max_time", _number),
    "max_lines": ("max_lines", _one_of(int, type(None))),
    "sigtermTime": ("sigterm_time", _number),
    "locks": ("locks", _accesses),
    "interruptSignal": ("interrupt_signal", _one_of(str)),
}
_POLICY = "updateBuildSummaryPolicy"


class NativeShells:
    """The steps of one configuration as ``script::NativeShell``."""

    def __init__(self) -> None:
        self._classes: dict[type, tuple[Fields, frozenset[str]] | None] = {}

    def fields(self, step: BuildStep) -> tuple[Fields, Fields] | None:
        """The fields that the step's class says, shared, and the step's own; None: Python runs it.

        Native are ShellCommands, also of subclasses that only have other class attributes, all of
        whose values are constants or stock renderables.
        """
        cls = type(step)
        if cls not in self._classes:
            is_plain = issubclass(cls, ShellCommand) and _only_attributes(cls)
            self._classes[cls] = _class_fields(cls) if is_plain else None
        stock = self._classes[cls]
        if stock is None:
            return None
        shared, beyond = stock
        try:
            return shared, _own_fields(step, beyond)
        except (NeedsPython, RecursionError):  # a list within itself: rendering says so
            return None


def _only_attributes(cls: type) -> bool:
    return all(
        _is_plain(name, value)
        for base in cls.__mro__
        if base not in _STOCK
        for name, value in base.__dict__.items()
    )


def _is_plain(name: str, value: Any) -> bool:
    if name.startswith("__") or name == "_abc_impl":
        return not isinstance(value, (FunctionType, classmethod, staticmethod, property))
    return not callable(value) and not hasattr(value, "__get__") and name != "renderables"


def _class_fields(cls: type) -> tuple[Fields, frozenset[str]]:
    """The fields by the class's attributes, and the attributes that are beyond the core."""
    fields: Fields = {}
    beyond = {name for name in FLAGS if type(getattr(cls, name)) is not bool}
    if not beyond:
        fields["flags"] = _flags(cls)
    for attribute, (field, made) in _FIELDS.items():
        value = getattr(cls, attribute)
        if attribute == _POLICY:
            value = _summary.policy(cls, value)
        try:
            fields[field] = made(value)
        except NeedsPython:
            beyond.add(attribute)
    return fields, frozenset(beyond)


def _own_fields(step: BuildStep, beyond: frozenset[str]) -> Fields:
    own = step.__dict__
    command: Any = step
    if command.logEncoding is not None or command.command is None:
        raise NeedsPython
    if not beyond <= own.keys():
        raise NeedsPython
    fields: Fields = {}
    for attribute, value in own.items():
        if known := _FIELDS.get(attribute):
            fields[known[0]] = known[1](value)
    if not _FLAGS.isdisjoint(own):
        fields["flags"] = _flags(step)
    return fields


def _flags(holder: Any) -> tuple[Any, ...]:
    return tuple(constant(getattr(holder, name), bool) for name in FLAGS)
