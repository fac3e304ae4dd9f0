# SPDX-License-Identifier: MIT
"""Options of ``git describe``."""

from __future__ import annotations

from typing import Any

_SWITCHES = (
    "all", "always", "contains", "debug", "long", "exact-match", "tags", "first-parent",
)  # fmt: skip
#: Options with values: before their value comes a new word, or "=".
_VALUES = (("match", False), ("exclude", False), ("abbrev", True), ("candidates", True))


def describe_arguments(options: dict[str, Any]) -> list[str]:
    """The words for a dict of options.

    Example:
        >>> describe_arguments({"tags": True, "abbrev": 7})
        ['--tags', '--abbrev=7']
    """
    words = [f"--{name}" for name in _SWITCHES if options.get(name)]
    for name, joined in _VALUES:
        value = options.get(name)
        values = value if isinstance(value, (list, tuple)) else [value]
        for item in values:
            if item is None or item is False or (not joined and not item):
                continue
            words += [f"--{name}={item}"] if joined else [f"--{name}", str(item)]
    dirty = options.get("dirty")
    if dirty:
        words.append("--dirty" if dirty is True else f"--dirty={dirty}")
    return words
