# SPDX-License-Identifier: MIT
"""The log: twistd.log, rotated by size into twistd.log.1, .2 and so on."""

from __future__ import annotations

import logging
import os
import time
from typing import Optional, TextIO


class LineFormat(logging.Formatter):
    """Lines as twistd writes them: a date with its zone, then the text."""

    def format(self, record: logging.LogRecord) -> str:
        when = time.localtime(record.created)
        text = record.getMessage()
        if record.exc_info:
            text += "\n" + self.formatException(record.exc_info)
        stamp = time.strftime("%Y-%m-%d %H:%M:%S%z", when)
        return f"{stamp} [-] " + text.replace("\n", "\n\t")


class RotatedLog(logging.Handler):
    """Writes to a file that is renamed when it is full; `kept` None keeps all of them."""

    def __init__(self, path: str, size: Optional[int], kept: Optional[int]) -> None:
        super().__init__()
        self._path = path
        self._size = size
        self._kept = kept
        self.setFormatter(LineFormat())
        self._file = self._open()

    def _open(self) -> TextIO:
        return open(self._path, "a", encoding="utf-8", errors="replace")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._file.write(self.format(record) + "\n")
            self._file.flush()
            if self._size and self._file.tell() >= self._size:
                self.rotate()
        except (OSError, ValueError):
            self.handleError(record)

    def rotate(self) -> None:
        self._file.close()
        last = self._last()
        for number in range(last, 0, -1):
            if self._kept is not None and number >= self._kept:
                os.remove(f"{self._path}.{number}")
            else:
                os.replace(f"{self._path}.{number}", f"{self._path}.{number + 1}")
        if self._kept == 0:
            os.remove(self._path)
        else:
            os.replace(self._path, f"{self._path}.1")
        self._file = self._open()

    def _last(self) -> int:
        """How many rotated files there are in a row."""
        number = 0
        while os.path.exists(f"{self._path}.{number + 1}"):
            number += 1
        return number

    def close(self) -> None:
        self._file.close()
        super().close()
