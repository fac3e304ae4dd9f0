# SPDX-License-Identifier: MIT
"""Logs of a running step."""

from __future__ import annotations

import html
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from buildbot_cfg import _tasks

#: Called with (stream, text) for each piece, and (None, None) at the end.
Subscriber = Callable[[str | None, str | None], Any]
#: A name, or what makes text of bytes.
Encoding = str | Callable[[bytes], str]


class Log:
    """A log that the step may write to and follow."""

    def __init__(
        self,
        handle: Any,
        name: str,
        type: str,
        logid: int,
        slug: str,
        encoding: Encoding = "utf-8",
    ) -> None:
        self.name, self.type, self.logid, self.slug = name, type, logid, slug
        self.finished = False
        self._handle = handle
        self.encoding = encoding
        self._subscribers: list[Subscriber] = []
        self._errors: list[BaseException] = []

    def getName(self) -> str:
        """The log's name."""
        return self.name

    def subscribe(self, callback: Subscriber) -> None:
        """Calls back for each piece of text from now on, and once with (None, None) at the end."""
        if not self._subscribers:
            self._handle.watch_log(self.logid, self._arrived)
        self._subscribers.append(callback)

    def _arrived(self, text: str | None) -> None:
        if text is None:
            self._tell(None, None)
            return
        if self.type != "s":
            self._tell("o", text)
            return
        for stream, part in _by_stream(text):
            self._tell(stream, part)

    def _tell(self, stream: str | None, text: str | None) -> None:
        for subscriber in list(self._subscribers):
            try:
                subscriber(stream, text)
            except BaseException as error:  # sys.exit() too: it is the observer that fails
                self._errors.append(error)

    def had_errors(self) -> bool:
        """Whether a subscriber raised."""
        return bool(self._errors)

    @property
    def errors(self) -> list[BaseException]:
        """What subscribers raised."""
        return self._errors

    def _append(self, stream: str, text: str | bytes) -> None:
        if isinstance(text, bytes):
            given = self.encoding
            text = given(text) if callable(given) else text.decode(given, "replace")
        self._handle.append_log(self.logid, stream, text)

    @_tasks.started
    async def flush(self) -> None:
        """Accepted: text is stored as it comes."""

    @_tasks.started
    async def finish(self) -> None:
        """Ends the log."""
        if not self.finished:
            self.finished = True
            await self._handle.finish_log(self.logid)


class PlainLog(Log):
    """A text log."""

    def addContent(self, text: str | bytes) -> Any:
        """Appends text."""
        self._append("o", text)
        return _tasks.done()


class HtmlLog(PlainLog):
    """An HTML log."""


class StreamLog(Log):
    """A log with the streams stdout, stderr and header."""

    def addStdout(self, text: str | bytes) -> Any:
        """Appends to stdout."""
        self._append("o", text)
        return _tasks.done()

    def addStderr(self, text: str | bytes) -> Any:
        """Appends to stderr."""
        self._append("e", text)
        return _tasks.done()

    def addHeader(self, text: str | bytes) -> Any:
        """Appends to the header."""
        self._append("h", text)
        return _tasks.done()


_CLASSES: dict[str, type[Log]] = {"s": StreamLog, "t": PlainLog, "h": HtmlLog}


def _by_stream(text: str) -> Iterator[tuple[str, str]]:
    stream, lines = "", list[str]()
    for line in _lines(text) if text else ():
        if line[0] != stream and lines:
            yield stream, "".join(lines)
            lines = []
        stream = line[0]
        lines.append(line[1:])
    if lines:
        yield stream, "".join(lines)


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.removesuffix("\n").split("\n")]


class StepLogs:
    """All logs of one running step, and observers that wait for one."""

    def __init__(self, handle: Any, encoding: Encoding) -> None:
        self._handle = handle
        self.encoding = encoding
        self.by_name: dict[str, Log] = {}
        self._waiting: dict[str, list[Any]] = {}

    async def add(self, name: str, type: str, encoding: Encoding | None = None) -> Log:
        """Makes a log."""
        if type not in _CLASSES:
            raise ValueError(f'log type must be "s", "t" or "h", not {type!r}')
        logid, slug = await self._handle.add_log(name, type)
        return self.made(logid, name, slug, type, encoding)

    async def open(self, name: str) -> Log:
        """The log of that name, made if there is none."""
        return self.by_name.get(name) or await self.add(name, "s")

    async def add_complete(self, name: str, type: str, text: str) -> None:
        """Makes a log with all its content."""
        log = await self.add(name, type)
        assert isinstance(log, PlainLog)
        log.addContent(text)
        await log.finish()

    async def add_exception(self, why: BaseException, prefix: str) -> None:
        """Makes a text and an HTML log of a traceback; ``why`` may be a Failure of Twisted."""
        inner = getattr(why, "value", None)
        if isinstance(inner, BaseException) and hasattr(why, "getTraceback"):
            why = inner
        text = "".join(traceback.format_exception(why))
        await self.add_complete(prefix + "err.text", "t", text)
        await self.add_complete(prefix + "err.html", "h", f"<pre>{html.escape(text)}</pre>")

    def made(
        self, logid: int, name: str, slug: str, type: str = "s", encoding: Encoding | None = None
    ) -> Log:
        """Notes a log that exists now, and connects the observers that waited for it."""
        log = _CLASSES[type](self._handle, name, type, logid, slug, encoding or self.encoding)
        self.by_name[name] = log
        for observer in self._waiting.pop(name, []):
            observer.setLog(log)
        return log

    def observe(self, name: str, observer: Any) -> None:
        """Connects an observer, now or when the log is made."""
        if name in self.by_name:
            observer.setLog(self.by_name[name])
        else:
            self._waiting.setdefault(name, []).append(observer)

    async def close(self) -> list[BaseException]:
        """Ends all logs; returns what observers raised."""
        for log in list(self.by_name.values()):
            await log.finish()
        return [error for log in self.by_name.values() for error in log.errors]
