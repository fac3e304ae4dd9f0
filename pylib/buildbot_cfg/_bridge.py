# SPDX-License-Identifier: MIT
"""The only module that touches the C++ side (``docs``: the Python border)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from buildbot_cfg import _core

if TYPE_CHECKING:
    from buildbot_cfg._bases import (
        BuilderBase,
        CallBase,
        Interpolation,
        SchedulerBase,
        StepBase,
        WorkerBase,
        is_known_class,
        is_late,
        know_call,
        know_class,
        know_renderable,
        set_lenient,
        set_loading,
    )
else:
    CallBase = _core.CallBase
    is_known_class = _core.is_known_class
    is_late = _core.is_late
    know_call = _core.know_call
    know_class = _core.know_class
    know_renderable = _core.know_renderable
    set_lenient = _core.set_lenient
    set_loading = _core.set_loading
    StepBase = _core.StepBase
    BuilderBase = _core.BuilderBase
    SchedulerBase = _core.SchedulerBase
    WorkerBase = _core.WorkerBase
    Interpolation = _core.Interpolation

__all__ = [
    "BuilderBase",
    "CallBase",
    "Interpolation",
    "SchedulerBase",
    "StepBase",
    "WorkerBase",
    "is_known_class",
    "is_late",
    "is_master_error",
    "know_call",
    "know_class",
    "know_renderable",
    "live_master",
    "log",
    "set_lenient",
    "set_loading",
]


def log(level: str, text: str, system: str = "-") -> None:
    """Writes one line into the master's log.

    Args:
        level: debug, info, warning or error.
        text: further lines are indented.
        system: which part says it; shown in brackets.
    """
    _core.log(level, text, system)


def live_master() -> Any:
    """The running master's verbs; ``None`` when there is no running master."""
    return _core.master


def is_master_error(error: BaseException) -> bool:
    """Whether the running master refused a request (not found, bad input, storage lost ...)."""
    return isinstance(error, _core.MasterError)
