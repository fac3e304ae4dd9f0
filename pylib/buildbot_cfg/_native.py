# SPDX-License-Identifier: MIT
"""Which steps need no Python while they run."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from buildbot_cfg._templates import NeedsPython, constant, template
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.results import FLAGS
from buildbot_cfg.steps.shell import ShellCommand

_STOCK = frozenset(ShellCommand.__mro__)
_NUMBERS = (int, float, type(None))


def native_shell(step: BuildStep) -> dict[str, Any] | None:
    """The step as ``script::NativeShell``; None when Python must run it.

    That is a ShellCommand, or a subclass that only has other class attributes, all of whose values
    are constants or stock renderables.
    """
    if not isinstance(step, ShellCommand) or not _only_attributes(type(step)):
        return None
    try:
        return _fields(step)
    except NeedsPython:
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


def _fields(step: Any) -> dict[str, Any]:
    if step.locks or step.logEncoding is not None or step.command is None:
        raise NeedsPython
    return {
        "name": template(step.name),
        "command": template(step.command),
        "workdir": template(step._workdir),
        "env": template(step.env),
        "description": template(step.description),
        "description_done": template(step.descriptionDone),
        "description_suffix": template(step.descriptionSuffix),
        "flags": tuple(constant(getattr(step, name), bool) for name in FLAGS),
        "always_run": constant(step.alwaysRun, bool),
        "skip": not constant(step.doStepIf, bool),
        "hidden": constant(step.hideStepIf, bool),
        "build_summary_policy": [constant(r, int) for r in step.updateBuildSummaryPolicy],
        "decode_rc": {constant(k, int): constant(v, int) for k, v in _dict(step.decodeRC).items()},
        "want_stdout": constant(step.want_stdout, bool),
        "want_stderr": constant(step.want_stderr, bool),
        "use_pty": bool(constant(step.usePTY, bool, type(None))),
        "log_environ": constant(step.logEnviron, bool),
        "lazy_log_files": constant(step.lazylogfiles, bool),
        "log_files": template(step.logfiles),
        "initial_stdin": template(step.initialStdin),
        "timeout": constant(step.timeout, *_NUMBERS),
        "max_time": constant(step.maxTime, *_NUMBERS),
        "max_lines": constant(step.max_lines, int, type(None)),
        "sigterm_time": constant(step.sigtermTime, *_NUMBERS),
        "interrupt_signal": constant(step.interruptSignal, str),
    }


def _dict(value: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = constant(value, dict)
    return found
