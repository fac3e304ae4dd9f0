# SPDX-License-Identifier: MIT
"""Watches a file that a program writes."""

from __future__ import annotations

import codecs
import os
from typing import Optional, Tuple

BLOCK = 64 * 1024


class LogTail:
    """One watched file. It may appear late.

    One that was there before and stays as it was is not sent; with `follow` only what is added is.
    """

    def __init__(self, path: str, follow: bool, encoding: str) -> None:
        self.path = path
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._before = self._state()
        self._position = self._before[0] if follow and self._before else 0

    def _state(self) -> Optional[Tuple[int, int, int]]:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns, found.st_ino

    def read(self) -> str:
        """The next block of new text; empty when there is none now."""
        state = self._state()
        if state is None or state == self._before:
            return ""
        self._before = None
        if state[0] < self._position:
            self._position = 0  # the file was begun anew
        try:
            with open(self.path, "rb") as source:
                source.seek(self._position)
                data = source.read(BLOCK)
        except OSError:
            return ""
        self._position += len(data)
        return self._decoder.decode(data) if data else ""
