# SPDX-License-Identifier: MIT
"""Checks of configuration values; each reports and says whether the value may be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg._where import Location
from buildbot_cfg.process._rendering import is_renderable

#: Names of arguments whose values are nobody's business.
_PRIVATE = re.compile("passw|token|secret|credential|auth|private|userpass", re.IGNORECASE)
_STRINGS = {str}
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*\Z")

_WORDS: dict[type, str] = {
    str: "a string", bool: "True or False", int: "an integer", float: "a number",
    list: "a list", dict: "a dict", type(None): "None",
}  # fmt: skip


def words(kinds: tuple[type, ...]) -> str:
    """Types in words: ``a string or None``."""
    return " or ".join(_WORDS.get(kind, f"a {kind.__name__}") for kind in kinds)


def has_type(value: object, kinds: tuple[type, ...]) -> bool:
    """``isinstance``, but True and False are no integers."""
    if isinstance(value, bool) and bool not in kinds:
        return False
    return isinstance(value, kinds)


def check_type(
    owner: str,
    name: str,
    value: object,
    *kinds: type,
    renderable: bool = False,
    where: Location | None = None,
) -> bool:
    """Whether the value of argument ``name`` has one of the types."""
    if type(value) in kinds:
        return True
    if has_type(value, kinds) or (renderable and is_renderable(value)):
        return True
    expected = words(kinds) + (" or a renderable" if renderable else "")
    report(f'"{name}" must be {expected}, not {shown_as(name, value)}', owner, where)
    return False


def check_attributes(
    made: Any, kinds: Mapping[str, tuple[type, ...]], renderable: bool = False
) -> None:
    """Checks several attributes of an object, which its ``label`` names in messages."""
    for name, expected in kinds.items():
        value = getattr(made, name)
        if type(value) not in expected:
            check_type(made.label, name, value, *expected, renderable=renderable)


def check_callable(owner: str, name: str, value: object) -> bool:
    """Whether the value is None or can be called."""
    if value is None or callable(value):
        return True
    report(f'"{name}" must be a function, not {shown(value)}', owner)
    return False


def check_identifier(owner: str, name: object) -> bool:
    """Whether the name is at most 50 letters, digits, - and _, not starting with a digit or -."""
    if not check_type(owner, "name", name, str):
        return False
    assert isinstance(name, str)
    if not _IDENTIFIER.match(name):
        report(f'name "{name}" must consist of letters, digits, "-" and "_"', owner)
    elif len(name) > 50:
        report(f'name "{name}" is longer than 50 characters', owner)
    else:
        return True
    return False


def check_strings(
    owner: str, name: str, value: object, kinds: tuple[type, ...] = (list, tuple)
) -> bool:
    """Whether the value is a list of strings."""
    if not check_type(owner, name, value, *kinds):
        return False
    assert isinstance(value, (list, tuple))
    wrong = [item for item in value if not isinstance(item, str)]
    for item in wrong:
        report(f'"{name}" must hold strings, not {shown_as(name, item)}', owner)
    return not wrong


def are_strings(value: object) -> bool:
    """Whether it is a list of nothing but strings, quickly; others may be right all the same."""
    return type(value) is list and {*map(type, value)} <= _STRINGS


def check_properties(owner: str, name: str, value: object) -> dict[str, Any]:
    """The properties that may be used: plain data by name."""
    if value is None or not check_type(owner, name, value, dict):
        return {}
    assert isinstance(value, Mapping)
    usable = {}
    for key, item in value.items():
        if not isinstance(key, str):
            report(f'names in "{name}" must be strings, not {shown(key)}', owner)
        elif len(key) > 256:
            report(f'name "{key[:40]}..." in "{name}" is longer than 256 characters', owner)
        else:
            usable[key] = item
    return usable


def shown_as(name: str, value: object) -> str:
    """The value of an argument in a message; of passwords and the like only the type."""
    if value is not None and _PRIVATE.search(name):
        return f"a value of type {type(value).__name__}"
    return shown(value)


def shown(value: object) -> str:
    """A value in a message, shortened."""
    text = repr(value)
    if len(text) > 60:
        text = text[:57] + "..."
    return f"{text} ({type(value).__name__})" if isinstance(value, (str, int, float)) else text
