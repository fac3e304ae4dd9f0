# SPDX-License-Identifier: MIT
"""For configurations that use SQLAlchemy."""

from __future__ import annotations

import hashlib
from typing import Any


def sa_version() -> tuple[int, ...]:
    """SQLAlchemy's version.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    import sqlalchemy

    numbers = []
    for part in sqlalchemy.__version__.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def Table(*args: Any, **kwargs: Any) -> Any:
    """An SQLAlchemy table for Buildbot's database."""
    import sqlalchemy

    kwargs.setdefault("mysql_character_set", "utf8")
    return sqlalchemy.Table(*args, **kwargs)


def hash_columns(*args: Any) -> str:
    """One text that is different for different values."""

    def part(value: Any) -> bytes:
        if value is None:
            return b"\xf5"
        if isinstance(value, bytes):
            return value
        return str(int(value) if isinstance(value, bool) else value).encode("utf-8")

    return hashlib.sha1(b"\0".join(part(value) for value in args)).hexdigest()
