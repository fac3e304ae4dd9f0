# SPDX-License-Identifier: MIT
"""Checks of arguments, for user's own classes: each reports what is wrong and gives the value."""

from __future__ import annotations

from typing import Any, TypeVar

from buildbot_cfg._errors import report

T = TypeVar("T")


def check_param_length(value: Any, name: str, max_length: int) -> None:
    """Reports a string that is too long."""
    if isinstance(value, str) and len(value) > max_length:
        report(f'{name} "{value}" exceeds maximum length of {max_length}')


def check_param_type(
    value: Any,
    default_value: T,
    class_inst: Any,
    name: str,
    types: tuple[type, ...],
    types_msg: str,
) -> T:
    """The value, or the default when it has none of the types."""
    if isinstance(value, types):
        return value  # type: ignore[return-value]
    owner = class_inst.__name__ if isinstance(class_inst, type) else type(class_inst).__name__
    report(f"{owner} argument {name} must be an instance of {types_msg}")
    return default_value


def check_param_bool(value: Any, class_inst: Any, name: str) -> bool:
    """The value if it is True or False."""
    return check_param_type(value, False, class_inst, name, (bool,), "bool")


def check_param_str(value: Any, class_inst: Any, name: str) -> str:
    """The value if it is a string."""
    return check_param_type(value, "(unknown)", class_inst, name, (str,), "str")


def check_param_str_none(value: Any, class_inst: Any, name: str) -> str | None:
    """The value if it is a string or None."""
    kinds = (str, type(None))
    return check_param_type(value, "(unknown)", class_inst, name, kinds, "str or None")


def check_param_int(value: Any, class_inst: Any, name: str) -> int:
    """The value if it is an integer."""
    return check_param_type(value, 0, class_inst, name, (int,), "int")


def check_param_int_none(value: Any, class_inst: Any, name: str) -> int | None:
    """The value if it is an integer or None."""
    return check_param_type(value, None, class_inst, name, (int, type(None)), "int or None")


def check_param_number_none(value: Any, class_inst: Any, name: str) -> float | None:
    """The value if it is a number or None."""
    kinds = (int, float, type(None))
    return check_param_type(value, 0, class_inst, name, kinds, "int or float or None")
