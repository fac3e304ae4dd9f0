# SPDX-License-Identifier: MIT
"""What user code prints goes into the master's log."""

from __future__ import annotations

import io
import sys
import threading

from buildbot_cfg import _bridge


class LogStream(io.TextIOBase):
    """Standard output or error of user code: whole lines go into the log."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, system: str, descriptor: int) -> None:
        self._system, self._descriptor = system, descriptor
        self._lock = threading.RLock()
        self._begun = ""

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """The descriptor of the real stream, for child processes."""
        return self._descriptor

    def write(self, text: str) -> int:
        """Keeps what is not a whole line until its end comes."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            *lines, self._begun = (self._begun + text).split("\n")
            for line in lines:
                _bridge.log("info", line, self._system)
        return len(text)

    def finish(self) -> None:
        """Logs a line that was begun and never ended."""
        with self._lock:
            if self._begun:
                self.write("\n")


def redirect() -> None:
    """From now on ``print`` and warnings write into the log, marked as Twisted marks them."""
    sys.stdout = LogStream("stdout#info", 1)
    sys.stderr = LogStream("stderr#error", 2)


def finish() -> None:
    """Logs lines that were begun."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LogStream):
            stream.finish()
