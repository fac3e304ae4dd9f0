# SPDX-License-Identifier: MIT
"""Runs one program as a master asks for: output, watched files, limits, and its end."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import signal
import time
from typing import Any, Coroutine, Dict, Optional, Set

from kilnbot_worker.commands.base import Context
from kilnbot_worker.commands.options import ProgramOptions
from kilnbot_worker.environment import child_environment
from kilnbot_worker.logtail import LogTail
from kilnbot_worker.process import POSIX, Child, signal_number

POLL_S = 2.0  # between looks at watched files
GIVE_UP_S = 5.0  # from the last signal to giving up
KILLED_S = 2.0  # for what is left to go, then


class ProgramStuck(Exception):
    """The program did not end although it was killed."""


class Program:
    """One run. `run` returns the rc; limits and `interrupt` kill the whole process group."""

    def __init__(self, context: Context, options: ProgramOptions) -> None:
        self.context = context
        self.options = options
        self.output = context.output
        self._child = Child(self._on_output)
        self._decoders = {
            fd: codecs.getincrementaldecoder(context.encoding)("replace") for fd in (1, 2)
        }
        self._tails: Dict[str, LogTail] = {}
        self._tasks: Set[asyncio.Task[None]] = set()
        self._lines = 0
        self._last_output = 0.0
        self._killing = False
        self._stuck: Optional[str] = None
        self._started = False
        self.elapsed_text = ""
        self._done = asyncio.Event()

    async def run(self) -> int:
        begun = time.monotonic()
        try:
            rc = await self._run()
        finally:
            for task in self._tasks:
                task.cancel()
            if self._killing:
                self._child.kill(signal.SIGKILL if POSIX else 9)
            self._child.close()
        if self._stuck is None:
            self.elapsed_text = f"elapsedTime={time.monotonic() - begun:.6f}\n"
        return rc

    async def _run(self) -> int:
        options = self.options
        env = child_environment(os.environ, options.env, options.workdir)
        try:
            os.makedirs(options.workdir, exist_ok=True)
        except OSError as error:
            return self._cannot_run(error)
        self._watch_files()
        if options.terminal_refused:
            self._header("a program that gets initial_stdin gets no PTY\n")
        self._header(options.headers(env))
        try:
            await self._child.start(
                options.argv(), options.workdir, env, options.initial_stdin, options.use_pty
            )
        except (OSError, ValueError) as error:
            return self._cannot_run(error)
        self._started = True
        self._last_output = time.monotonic()
        if self._killing:  # interrupted while it started
            self._spawn(self._kill_ladder())
        self._start_limits()
        await self._ended()
        return await self._finish()

    def _cannot_run(self, error: Exception) -> int:
        self.output.text("stderr", f"cannot run {self.options.argv_text()}: {error}\n")
        return 1

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))

    async def _ended(self) -> None:
        """Until the program has ended or has been given up."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._child.ended, self._done)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _finish(self) -> int:
        for fd, decoder in self._decoders.items():
            self._add_output(fd, decoder.decode(b"", True))
        await self._read_files()
        if self._stuck is not None:
            self._header(f"{self._stuck}\nusing fake rc=-1\n")
            return -1
        code = self._child.returncode
        if code is None or code < 0:
            self._header(f"process killed by signal {-(code or 0)}\n")
            return -1
        return code

    def _header(self, text: str) -> None:
        self.output.text("header", text)

    def _on_output(self, fd: int, data: bytes) -> None:
        self._last_output = time.monotonic()
        text = self._decoders[fd].decode(data)
        self._lines += text.count("\n")
        limit = self.options.max_lines
        if limit is not None and self._lines > limit:
            self._kill(
                f"command exceeds max lines: {self._lines}/{limit} written/allowed running"
                f" {self.options.argv_text()}",
                "max_lines_failure",
            )
        self._add_output(fd, text)
        if self.context.channel.congested:
            self._child.pause()
            self._spawn(self._resume_when_drained())

    def _add_output(self, fd: int, text: str) -> None:
        wanted = self.options.want_stdout if fd == 1 else self.options.want_stderr
        if wanted and text:
            self.output.text("stdout" if fd == 1 else "stderr", text)

    async def _resume_when_drained(self) -> None:
        await self.context.channel.drained()
        self._last_output = time.monotonic()  # waiting for the master is not the program's silence
        self._child.resume()

    def _watch_files(self) -> None:
        for name, (filename, follow) in self.options.logfiles.items():
            path = os.path.join(self.options.workdir, filename)
            self._tails[name] = LogTail(path, follow, self.context.encoding)

    async def _poll_files(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            await self._read_files()

    async def _read_files(self) -> None:
        for name, tail in self._tails.items():
            while True:
                text = tail.read()
                if not text:
                    break
                self._last_output = time.monotonic()
                self.output.text("log", text, name)
                await self.context.channel.drained()

    def _start_limits(self) -> None:
        if self._tails:
            self._spawn(self._poll_files())
        if self.options.timeout:
            self._spawn(self._watch_silence(self.options.timeout))
        if self.options.max_time:
            self._spawn(self._watch_time(self.options.max_time))

    async def _watch_silence(self, limit_s: float) -> None:
        while True:
            left = self._last_output + limit_s - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self._kill(
            f"command timed out: {limit_s} seconds without output running"
            f" {self.options.argv_text()}",
            "timeout_without_output",
        )

    async def _watch_time(self, limit_s: float) -> None:
        await asyncio.sleep(limit_s)
        self._kill(
            f"command timed out: {limit_s} seconds elapsed running {self.options.argv_text()}",
            "timeout",
        )

    def interrupt(self) -> None:
        self._kill("command interrupted", None)

    def _kill(self, why: str, reason: Optional[str]) -> None:
        if self._killing:
            return
        self._killing = True
        if reason is not None:
            self.output.value("failure_reason", reason)
        self._header(f"\n{why}, attempting to kill\n")
        self._child.resume()
        if self._started:
            self._spawn(self._kill_ladder())

    async def _kill_ladder(self) -> None:
        name = self.options.interrupt_signal
        if self.options.sigterm_time is not None:
            self._child.kill(signal.SIGTERM)
            await asyncio.sleep(self.options.sigterm_time)
        self._child.kill(signal_number(name))
        await asyncio.sleep(GIVE_UP_S)
        self._stuck = f"SIG{name} failed to kill process"
        self._child.kill(signal.SIGKILL if POSIX else 9)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._child.ended.wait(), KILLED_S)
        self._done.set()

    @property
    def stuck(self) -> Optional[str]:
        return self._stuck
