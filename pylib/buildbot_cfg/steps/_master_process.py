# SPDX-License-Identifier: MIT
"""A child process of the master, for steps."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import pty
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_VARIABLE = re.compile(r"\$\{([0-9a-zA-Z_]*)\}")
_BLOCK = 64 * 1024
#: How long output may still come from grandchildren that hold the pipes after the command ended.
_LINGER_S = 5.0
#: Between the polite signal and the last one.
_KILL_AFTER_S = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: by its exit status or a signal."""

    status: int | None
    signal: int | None


def given_environment(env: Mapping[str, Any] | None) -> dict[str, str] | None:
    """The variables as a process takes them; None: none were given.

    Raises:
        RuntimeError: a value is neither a text nor a list of texts.
    """
    if env is None:
        return None
    made = {}
    for key, given in env.items():
        if given is None:
            continue
        if not isinstance(given, (str, list)):
            text = f"'env' values must be strings or lists; key '{key}' is incorrect"
            raise RuntimeError(text)
        value = os.pathsep.join(given) if isinstance(given, list) else given
        made[key] = _VARIABLE.sub(lambda match: os.environ.get(match[1], ""), value)
    return made


def _signal_number(name: str) -> int:
    return int(signal.Signals["SIG" + name.upper().removeprefix("SIG")])


class MasterProcess:
    """One process; it leads a group, which is what signals go to.

    Args:
        command: a string for the shell, or a list of words.
        workdir: its directory; None: the master's.
        use_pty: give it a terminal.
        timeout: seconds after which it is ended; None: never.
    """

    def __init__(
        self,
        command: Any,
        workdir: Any = None,
        use_pty: bool = False,
        timeout: float | None = None,
    ) -> None:
        self.command = command
        self.argv = ["/bin/sh", "-c", command] if isinstance(command, str) else _words(command)
        self.workdir = workdir
        #: Its variables; None: the master's.
        self.env: dict[str, str] | None = None
        self.use_pty, self.timeout = use_pty, timeout
        self._process: asyncio.subprocess.Process | None = None
        self._killed_early: str | None = None

    def header(self) -> str:
        """What the log shows before the output."""
        shown = self.command if isinstance(self.command, str) else " ".join(map(_text, self.argv))
        directory = Path.cwd() / self.workdir if self.workdir else Path.cwd()
        lines = [shown, "", "** RUNNING ON BUILDMASTER **", f" in dir {directory}"]
        lines.append(f" argv: {self.argv}")
        return "\n".join(lines) + "\n"

    async def run(self, log: Any) -> Ended:
        """Runs it, its output goes into the log.

        Raises:
            OSError: it cannot be started.
        """
        outputs = await self._start()
        assert self._process is not None
        if self._killed_early is not None:
            self.kill(self._killed_early)
        copies = [
            asyncio.create_task(_copy(reader, add))
            for reader, add in zip(outputs, (log.addStdout, log.addStderr), strict=False)
        ]
        limits = asyncio.ensure_future(self._limit())
        try:
            code = await self._process.wait()
        finally:
            limits.cancel()
            await self._finish(copies)
        return Ended(None, -code) if code < 0 else Ended(code, None)

    async def _start(self) -> list[asyncio.StreamReader]:
        common: dict[str, Any] = {
            "cwd": self.workdir,
            "env": self.env,
            "stdin": asyncio.subprocess.DEVNULL,
            "start_new_session": True,
        }
        if not self.use_pty:
            self._process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_BLOCK,
                **common,
            )
            assert self._process.stdout is not None
            assert self._process.stderr is not None
            return [self._process.stdout, self._process.stderr]
        ours, theirs = pty.openpty()
        try:
            common["stdin"] = theirs
            self._process = await asyncio.create_subprocess_exec(
                *self.argv, stdout=theirs, stderr=theirs, **common
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return [await _reader_of(ours)]

    async def _limit(self) -> None:
        if self.timeout is None:
            return
        await asyncio.sleep(self.timeout)
        self.kill("TERM")
        await asyncio.sleep(_KILL_AFTER_S)
        self.kill("KILL")

    async def _finish(self, copies: list[asyncio.Task[None]]) -> None:
        """Everything that was written is in the log; what it left behind does not hold the step."""
        _, unfinished = await asyncio.wait(copies, timeout=_LINGER_S)
        for copy in unfinished:
            copy.cancel()
        await asyncio.gather(*copies, return_exceptions=True)

    def kill(self, name: str) -> None:
        """Sends a signal to the process and all its children."""
        if self._process is None:
            self._killed_early = name
        elif self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # it has just ended
                os.killpg(self._process.pid, _signal_number(name))


async def _reader_of(descriptor: int) -> asyncio.StreamReader:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_BLOCK)
    file = os.fdopen(descriptor, "rb", buffering=0)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


async def _copy(reader: asyncio.StreamReader, add: Any) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while block := await reader.read(_BLOCK):
            if text := decoder.decode(block):
                add(text)
    except OSError:
        pass  # a terminal ends like this
    finally:
        if text := decoder.decode(b"", final=True):
            add(text)


def _words(command: Any) -> list[Any]:
    return [word if isinstance(word, (str, bytes)) else str(word) for word in command]


def _text(word: Any) -> str:
    return word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word)
