# SPDX-License-Identifier: MIT
"""Identifiers: names of letters, digits, "-" and "_" that do not begin with a digit."""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"^(?!\d)[\w-]+$")
_NUMBERED = re.compile(r"^(.*)_(\d+)$")


def isIdentifier(maxLength: int, obj: object) -> bool:
    """Whether it is one of at most so many characters.

    Example:
        >>> isIdentifier(50, "linux-x64"), isIdentifier(50, "a b")
        (True, False)
    """
    if not isinstance(obj, str) or not obj or len(obj) > maxLength:
        return False
    return _IDENTIFIER.match(obj) is not None


def forceIdentifier(maxLength: int, s: str | bytes) -> str:
    """The text with everything replaced that is not allowed.

    Example:
        >>> forceIdentifier(50, "a b")
        'a_b'
    """
    text = s.decode() if isinstance(s, bytes) else s
    if isIdentifier(maxLength, text):
        return text
    return re.sub(r"[^\w-]|^\d", "_", text)[:maxLength]


def incrementIdentifier(maxLength: int, ident: str) -> str:
    """The next one of a row: a, a_2, a_3 ...

    Example:
        >>> incrementIdentifier(50, "stdio")
        'stdio_2'
    """
    found = _NUMBERED.match(ident)
    base, number = (found[1], int(found[2])) if found else (ident, 1)
    ending = f"_{number + 1}"
    base = base[: maxLength - len(ending)]
    if len(ending) > maxLength or not base:
        raise ValueError("cannot generate a larger identifier")
    return base + ending
