# SPDX-License-Identifier: MIT
"""Values that the core can render by itself (the shape is part of the Python border)."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.process._interpolate import Interpolate
from buildbot_cfg.process.properties import Property

_PLAIN = frozenset((bool, int, float, str, type(None)))


class NeedsPython(Exception):
    """The value can only be rendered by Python."""


def template(value: Any) -> Any:
    """The value as the core understands it: constants, lists, dicts, and tuples for renderables.

    Raises:
        NeedsPython: something in it is beyond the core.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list or (kind is tuple and value[:1] != ("obfuscated",)):
        return [item if type(item) is str else template(item) for item in value]
    if kind is dict:
        return {_key(key): template(item) for key, item in value.items()}
    if type(value) is Interpolate and value.core is not None and not _may_use_secret(value):
        keywords = {name: template(item) for name, item in value.kwargs.items()}
        return ("interpolate", value.core, keywords)
    if type(value) is Property:
        return ("property", value.key, template(value.default), bool(value.defaultWhenFalse))
    raise NeedsPython


def _may_use_secret(text: Interpolate) -> bool:
    """Secrets come from providers, which are Python."""
    return isinstance(text.fmtstring, str) and "(secret:" in text.fmtstring


def constant(value: Any, *kinds: type) -> Any:
    """The value, if it has one of the types.

    Raises:
        NeedsPython: it has not.
    """
    if type(value) not in kinds:
        raise NeedsPython
    return value


def _key(key: Any) -> str:
    name: str = constant(key, str)
    return name
