# SPDX-License-Identifier: MIT
"""Observers: look at a log's text while it comes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any


class LogObserver:
    """Gets the text of a log, piece by piece; subclasses override the ``...Received`` methods."""

    step: Any = None
    log: Any = None

    def setStep(self, step: Any) -> None:
        """Called first, by ``addLogObserver``."""
        self.step = step

    def setLog(self, loog: Any) -> None:
        """Called when the log exists."""
        self.log = loog
        loog.subscribe(self.gotData)

    def gotData(self, stream: str | None, data: str | None) -> None:
        """Gives a piece to the method for its stream."""
        if stream is None or data is None:
            self.finishReceived()
        elif stream == "o":
            self.outReceived(data)
        elif stream == "e":
            self.errReceived(data)
        elif stream == "h":
            self.headerReceived(data)

    def outReceived(self, data: str) -> None:
        """Text of stdout: whole lines."""

    def errReceived(self, data: str) -> None:
        """Text of stderr: whole lines."""

    def headerReceived(self, data: str) -> None:
        """Text of the header: whole lines."""

    def finishReceived(self) -> None:
        """The log is finished."""

    def logChunk(self, build: Any, step: Any, log: Any, stream: str, text: str) -> None:
        """Accepted for old observers."""
        self.gotData(stream, text)


class LogLineObserver(LogObserver):
    """Gets the lines of a log; subclasses override the ``...LineReceived`` methods.

    Example:
        >>> class Errors(LogLineObserver):
        ...     count = 0
        ...     def outLineReceived(self, line):
        ...         self.count += line.startswith("error:")
    """

    stdoutDelimiter = "\n"
    stderrDelimiter = "\n"
    headerDelimiter = "\n"

    def __init__(self) -> None:
        self.max_length = 16384

    def setMaxLineLength(self, max_length: int) -> None:
        """Lines that are longer are not given to the observer."""
        self.max_length = max_length

    def _each(self, data: str, delimiter: str, give: Callable[[str], None]) -> None:
        for line in data.rstrip().split(delimiter):
            if len(line) <= self.max_length:
                give(line)

    def outReceived(self, data: str) -> None:
        """Splits a piece of stdout."""
        self._each(data, self.stdoutDelimiter, self.outLineReceived)

    def errReceived(self, data: str) -> None:
        """Splits a piece of stderr."""
        self._each(data, self.stderrDelimiter, self.errLineReceived)

    def headerReceived(self, data: str) -> None:
        """Splits a piece of the header."""
        self._each(data, self.headerDelimiter, self.headerLineReceived)

    def outLineReceived(self, line: str) -> None:
        """A line of stdout, without its end."""

    def errLineReceived(self, line: str) -> None:
        """A line of stderr, without its end."""

    def headerLineReceived(self, line: str) -> None:
        """A line of the header, without its end."""


class LineConsumerLogObserver(LogLineObserver):
    """Gives lines to a generator function: ``stream, line = yield``.

    Args:
        consumerFunction: makes the generator; one that ends before the log fails the step.
    """

    def __init__(
        self, consumerFunction: Callable[[], Generator[None, tuple[str, str], None]]
    ) -> None:
        super().__init__()
        self.generator: Generator[None, tuple[str, str], None] | None = None
        self.consumerFunction = consumerFunction

    def feed(self, item: tuple[str, str]) -> None:
        """Gives one (stream, line) to the generator."""
        if self.generator is None:
            self.generator = self.consumerFunction()
            next(self.generator)
        self.generator.send(item)

    def outLineReceived(self, line: str) -> None:
        """A line of stdout."""
        self.feed(("o", line))

    def errLineReceived(self, line: str) -> None:
        """A line of stderr."""
        self.feed(("e", line))

    def headerLineReceived(self, line: str) -> None:
        """A line of the header."""
        self.feed(("h", line))

    def finishReceived(self) -> None:
        """Ends the generator."""
        if self.generator is not None:
            self.generator.close()


class BufferLogObserver(LogObserver):
    """Keeps the text.

    Args:
        wantStdout: keep stdout.
        wantStderr: keep stderr.
    """

    def __init__(self, wantStdout: bool = True, wantStderr: bool = False) -> None:
        self._stdout: list[str] | None = [] if wantStdout else None
        self._stderr: list[str] | None = [] if wantStderr else None

    def outReceived(self, data: str) -> None:
        """Keeps it."""
        if self._stdout is not None:
            self._stdout.append(data)

    def errReceived(self, data: str) -> None:
        """Keeps it."""
        if self._stderr is not None:
            self._stderr.append(data)

    def getStdout(self) -> str:
        """All of stdout so far."""
        return "".join(self._stdout or [])

    def getStderr(self) -> str:
        """All of stderr so far."""
        return "".join(self._stderr or [])


class OutputProgressObserver(LogObserver):
    """Tells the step's ``setProgress`` how much text there is; for old steps that override it.

    Args:
        name: of the metric.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.length = 0

    def gotData(self, stream: str | None, data: str | None) -> None:
        """Counts characters."""
        self.length += len(data or "")
        self.step.setProgress(self.name, self.length)
