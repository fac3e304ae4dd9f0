# SPDX-License-Identifier: MIT
"""Which line of the user's files is to blame."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

Location = tuple[str, int]
NOWHERE: Location = ("", 0)

_PACKAGES = ("buildbot_cfg", "buildbot")
_LIBRARIES = tuple(
    {
        str(Path(path).resolve())
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
        if (path := sysconfig.get_paths().get(name))
    }
)


def _is_ours(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__")
    return isinstance(name, str) and name.split(".", 1)[0] in _PACKAGES


def _is_library(file: str) -> bool:
    return file.startswith("<") or file.startswith(_LIBRARIES)


def user_frame() -> Location:
    """File and line of the innermost caller outside this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return NOWHERE if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def user_line(traceback: TracebackType | None) -> Location:
    """The traceback's innermost line in a file that a user wrote; NOWHERE when there is none."""
    found = NOWHERE
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not _is_ours(traceback.tb_frame) and not _is_library(file):
            found = (file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def user_place(frame: FrameType | None) -> Location | None:
    """The innermost line of a user's file in the call that ends in ``frame``."""
    while frame is not None:
        if not _is_ours(frame) and not _is_library(frame.f_code.co_filename):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None


def place(made: Any) -> Location:
    """Where the user's file makes a recorded object."""
    file, line = made._location()
    return file or "", line


def code_of(function: Any) -> CodeType | None:
    """What a function or method runs; None when it is not written in Python."""
    code: CodeType | None = getattr(getattr(function, "__func__", function), "__code__", None)
    return code
