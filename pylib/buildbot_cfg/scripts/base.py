# SPDX-License-Identifier: MIT
"""What a base directory looks like."""

from __future__ import annotations

from pathlib import Path

__all__ = ["isBuildmasterDir"]


def isBuildmasterDir(dir: str) -> bool:
    """Whether the folder is a master's base directory; says why not on standard output."""
    path = Path(dir, "buildbot.tac")
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        print(f"error reading '{path}': {error.strerror}")
    else:
        if "Application('buildmaster')" in text.replace('"', "'"):
            return True
        print(f"'{path}' does not look like that of a master")
    print(f"invalid buildmaster directory '{dir}'")
    return False
