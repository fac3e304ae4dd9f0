# SPDX-License-Identifier: MIT
"""Output cut into whole lines, and the buffer that gathers what goes to the master."""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

LINE_COST = 16  # what the bookkeeping of a line counts beside its text
LOG_KEYS = ("stdout", "stderr", "header", "log")


class OutputSettings(NamedTuple):
    """How output is cut and gathered; a master of the msgpack protocol sets its own."""

    # what ends a line, beside \n
    newline_re: str = r"(\r\n|\r(?=.)|\033\[u|\033\[[0-9]+;[0-9]+[Hf]|\033\[2J|\x08+)"
    max_line_length: int = 4096
    buffer_timeout: float = 5
    buffer_size: int = 64 * 1024


class Lines(NamedTuple):
    """Whole lines: where each newline is, and when each line began."""

    text: str
    newlines: List[int]
    times: List[float]


class LineSplitter:
    """Cuts one stream into whole lines."""

    def __init__(self, settings: OutputSettings) -> None:
        self._newline = re.compile(settings.newline_re)
        self._longest = max(settings.max_line_length - 1, 1)  # without its newline
        self._partial = ""
        self._partial_time = 0.0

    def append(self, text: str, now: float) -> Optional[Lines]:
        """The lines that `text` completes; None when there is none."""
        start = self._partial_time if self._partial else now
        text = self._newline.sub("\n", self._partial + text)
        end = text.rfind("\n") + 1
        complete, self._partial = text[:end], text[end:]
        if len(self._partial) > self._longest:
            complete += self._take_long()
        self._partial_time = start if not complete else now
        return self._cut(complete, start, now) if complete else None

    def _take_long(self) -> str:
        """The full pieces of an incomplete line that is too long already."""
        full = (len(self._partial) - 1) // self._longest * self._longest
        taken, self._partial = self._partial[:full], self._partial[full:]
        return taken + "\n"

    def flush(self, now: float) -> Optional[Lines]:
        """The incomplete last line, completed."""
        if not self._partial:
            return None
        return self.append("\n", now)

    def _cut(self, text: str, start: float, now: float) -> Lines:
        pieces = []
        for line in text.split("\n")[:-1]:
            while len(line) > self._longest:
                pieces.append(line[: self._longest])
                line = line[self._longest :]
            pieces.append(line)
        newlines, position = [], -1
        for piece in pieces:
            position += len(piece) + 1
            newlines.append(position)
        return Lines("\n".join(pieces) + "\n", newlines, [start] + [now] * (len(pieces) - 1))


class _Entry:
    """Adjacent output of one stream, or one plain update."""

    def __init__(self, key: str, name: Optional[str], value: Any) -> None:
        self.key = key
        self.name = name
        self.value = value
        self.texts: List[str] = []
        self.newlines: List[int] = []
        self.times: List[float] = []
        self.length = 0

    def add(self, lines: Lines) -> None:
        self.newlines.extend(self.length + position for position in lines.newlines)
        self.times.extend(lines.times)
        self.texts.append(lines.text)
        self.length += len(lines.text)

    def update(self) -> Tuple[str, Any]:
        if self.key not in LOG_KEYS:
            return self.key, self.value
        lines = Lines("".join(self.texts), self.newlines, self.times)
        return self.key, lines if self.name is None else (self.name, lines)


class OutputBuffer:
    """Gathers the updates of one command in order; the owner decides when to take them."""

    def __init__(self, settings: OutputSettings) -> None:
        self.settings = settings
        self._splitters: Dict[Tuple[str, Optional[str]], LineSplitter] = {}
        self._entries: List[_Entry] = []
        self._size = 0

    @property
    def full(self) -> bool:
        return self._size >= self.settings.buffer_size

    @property
    def empty(self) -> bool:
        return not self._entries

    def add_text(self, key: str, text: str, now: float, name: Optional[str] = None) -> None:
        splitter = self._splitters.get((key, name))
        if splitter is None:
            splitter = self._splitters[key, name] = LineSplitter(self.settings)
        self._add_lines(key, name, splitter.append(text, now))

    def _add_lines(self, key: str, name: Optional[str], lines: Optional[Lines]) -> None:
        if lines is None:
            return
        last = self._entries[-1] if self._entries else None
        if last is None or (last.key, last.name) != (key, name):
            last = _Entry(key, name, None)
            self._entries.append(last)
        last.add(lines)
        self._size += len(lines.text) + LINE_COST * len(lines.newlines)

    def add_value(self, key: str, value: Any) -> None:
        self._entries.append(_Entry(key, None, value))
        self._size += LINE_COST

    def finish_lines(self, now: float) -> None:
        """Completes every incomplete last line."""
        for (key, name), splitter in self._splitters.items():
            self._add_lines(key, name, splitter.flush(now))

    def take(self) -> List[Tuple[str, Any]]:
        """All updates gathered so far; those of the four log keys carry Lines."""
        updates = [entry.update() for entry in self._entries]
        self._entries = []
        self._size = 0
        return updates
