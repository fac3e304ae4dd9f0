# SPDX-License-Identifier: MIT
"""Programs on the master's machine."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from buildbot_cfg._tasks import started

__all__ = ["RunProcess", "create_process", "run_process"]

_CHUNK = 65536


class RunProcess:
    """One run of a program.

    Args:
        reactor: not used; Buildbot wants it.
        command: a list, or a string for the shell.
        workdir: where it runs.
        env: its environment; values None take a variable out; None: the master's.
        collect_stdout: keep what it writes.
        collect_stderr: the same for its errors.
        stderr_is_error: end it as failed when it writes errors.
        io_timeout: seconds without output after which it is killed.
        runtime_timeout: seconds after which it is killed.
        sigterm_timeout: seconds between SIGTERM and SIGKILL.
        initial_stdin: what it reads.
        use_pty: not possible here.
    """

    def __init__(
        self,
        reactor: Any,
        command: Sequence[Any] | str | bytes,
        workdir: str | None = None,
        env: Mapping[str, Any] | None = None,
        collect_stdout: bool = True,
        collect_stderr: bool = True,
        stderr_is_error: bool = False,
        io_timeout: float | None = 300,
        runtime_timeout: float | None = 3600,
        sigterm_timeout: float = 5,
        initial_stdin: bytes | str | None = None,
        use_pty: bool = False,
    ) -> None:
        self.command, self.workdir = command, workdir or str(Path.cwd())
        self.environ = _environment(env)
        self.collect_stdout, self.collect_stderr = collect_stdout, collect_stderr
        self.stderr_is_error = stderr_is_error
        self.io_timeout, self.runtime_timeout = io_timeout, runtime_timeout
        self.sigterm_timeout = sigterm_timeout
        self.initial_stdin = initial_stdin
        self.result_rc: int | None = None
        self.result_signal: int | None = None
        self.killed_by_timeout = False
        self._output = {"stdout": bytearray(), "stderr": bytearray()}

    @property
    def result_stdout(self) -> bytes:
        """What it wrote."""
        return bytes(self._output["stdout"])

    @property
    def result_stderr(self) -> bytes:
        """What it wrote as errors."""
        return bytes(self._output["stderr"])

    @started
    async def start(self) -> Any:
        """Runs it: see ``run_process`` for what it gives."""
        process = await self._spawn()
        loop = asyncio.get_running_loop()
        self._last_output = loop.time()
        work = asyncio.ensure_future(self._work(process))
        watch = asyncio.ensure_future(self._watch(process))
        try:
            await work
        finally:
            watch.cancel()
        code = process.returncode
        assert code is not None
        self.result_rc = code if code >= 0 else -1
        self.result_signal = -code if code < 0 else None
        if self.killed_by_timeout or (self.stderr_is_error and self._output["stderr"]):
            self.result_rc = -1
        results: list[Any] = [self.result_rc]
        if self.collect_stdout:
            results.append(self.result_stdout)
        if self.collect_stderr:
            results.append(self.result_stderr)
        return tuple(results) if len(results) > 1 else results[0]

    async def _spawn(self) -> asyncio.subprocess.Process:
        pipes = {
            "stdin": asyncio.subprocess.DEVNULL
            if self.initial_stdin is None
            else asyncio.subprocess.PIPE,
            "stdout": asyncio.subprocess.PIPE,
            "stderr": asyncio.subprocess.PIPE,
        }
        where: dict[str, Any] = {"cwd": self.workdir, "env": self.environ, **pipes}
        if isinstance(self.command, (str, bytes)):
            return await asyncio.create_subprocess_shell(
                self.command, start_new_session=True, **where
            )
        return await asyncio.create_subprocess_exec(*self.command, start_new_session=True, **where)

    async def _work(self, process: asyncio.subprocess.Process) -> None:
        await asyncio.gather(
            self._write(process), self._read(process.stdout, "stdout"),
            self._read(process.stderr, "stderr"),
        )  # fmt: skip
        await process.wait()

    async def _write(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or self.initial_stdin is None:
            return
        given = self.initial_stdin
        try:
            process.stdin.write(given.encode() if isinstance(given, str) else given)
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # it has ended, or does not want to read
        finally:
            process.stdin.close()

    async def _read(self, stream: asyncio.StreamReader | None, name: str) -> None:
        assert stream is not None
        while chunk := await stream.read(_CHUNK):
            self._last_output = asyncio.get_running_loop().time()
            self._output[name] += chunk

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        while True:
            ends = []
            if self.io_timeout:
                ends.append(self._last_output + self.io_timeout)
            if self.runtime_timeout:
                ends.append(begin + self.runtime_timeout)
            if not ends:
                return
            if loop.time() >= min(ends):
                break
            await asyncio.sleep(min(ends) - loop.time())
        self.killed_by_timeout = True
        _signal_group(process.pid, signal.SIGTERM)
        await asyncio.sleep(self.sigterm_timeout)
        _signal_group(process.pid, signal.SIGKILL)


def _environment(given: Mapping[str, Any] | None) -> dict[str, str]:
    environment = dict(os.environ)
    for key, value in (given or {}).items():
        if value is None:
            environment.pop(key, None)
        else:
            text = os.pathsep.join(value) if isinstance(value, list) else str(value)
            environment[key] = text
    return environment


def _signal_group(pid: int, sig: int) -> None:
    try:
        os.killpg(pid, sig)
    except ProcessLookupError:
        return


def create_process(*args: Any, **kwargs: Any) -> RunProcess:
    """A run that has not begun: see RunProcess for the arguments."""
    return RunProcess(*args, **kwargs)


def run_process(*args: Any, **kwargs: Any) -> Any:
    """Runs a program; an awaitable of (exit status, output, errors).

    What is not collected is not in the tuple; the exit status alone is no tuple. It is -1 when
    the program was killed, also because of a time limit.

    Args:
        args: see RunProcess.
        kwargs: see RunProcess.
    """
    return create_process(*args, **kwargs).start()
