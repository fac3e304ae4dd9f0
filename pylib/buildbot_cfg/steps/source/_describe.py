# SPDX-License-Identifier: MIT
"""Options of ``git describe``."""

from __future__ import annotations

from typing import Any

_SWITCHES = ("all", "always", "contains", "debug", "exact-match", "first-parent", "long", "tags")
_VALUES = ("match", "exclude", "abbrev", "candidates")


def describe_arguments(options: dict[str, Any]) -> list[str]:
    """The words for a dict of options.

    Example:
        >>> describe_arguments({"tags": True, "abbrev": 7})
        ['--tags', '--abbrev=7']
    """
    words = [f"--{name}" for name in _SWITCHES if options.get(name)]
    for name in _VALUES:
        value = options.get(name)
        values = value if isinstance(value, (list, tuple)) else [value]
        words += [f"--{name}={item}" for item in values if item is not None]
    dirty = options.get("dirty")
    if dirty:
        words.append("--dirty" if dirty is True else f"--dirty={dirty}")
    return words
