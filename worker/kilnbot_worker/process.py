# SPDX-License-Identifier: MIT
"""A child process with its own process group, whose output comes to a callback."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from typing import Any, Callable, Dict, List, Optional, Union

Argv = List[Union[str, bytes]]
OnOutput = Callable[[int, bytes], None]
POSIX = os.name == "posix"


class Child(asyncio.SubprocessProtocol):
    """One child. It has ended when it exited and nobody holds its output any more."""

    def __init__(self, on_output: OnOutput) -> None:
        self._on_output = on_output
        self._transport: Optional[asyncio.SubprocessTransport] = None
        self._open = {1, 2}
        self._terminal: Optional[_Terminal] = None
        self._exited = False
        self._paused = False
        self.ended = asyncio.Event()

    async def start(
        self, argv: Argv, cwd: str, env: Dict[str, str], stdin: Optional[bytes], use_pty: bool
    ) -> None:
        """Raises OSError or ValueError when the program cannot be started. A PTY has no stdin."""
        if use_pty and POSIX:
            await self._start_on_terminal(argv, cwd, env)
            return
        await self._spawn(
            argv, cwd, env,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **_own_group(),
        )  # fmt: skip
        pipe: Any = self._transport.get_pipe_transport(0) if self._transport else None
        if stdin and pipe is not None:
            pipe.write(stdin)
            pipe.write_eof()

    async def _spawn(self, argv: Argv, cwd: str, env: Dict[str, str], **options: Any) -> None:
        loop = asyncio.get_running_loop()
        await loop.subprocess_exec(lambda: self, *argv, cwd=cwd, env=env, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Output may come before `start` goes on.
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    async def _start_on_terminal(self, argv: Argv, cwd: str, env: Dict[str, str]) -> None:
        import pty

        master, slave = pty.openpty()
        self._open = {1}
        try:
            await self._spawn(
                argv, cwd, env, stdin=slave, stdout=slave, stderr=slave,
                preexec_fn=_take_terminal, start_new_session=True,
            )  # fmt: skip
        except BaseException:
            os.close(master)
            raise
        finally:
            os.close(slave)
        self._terminal = _Terminal(self, master)
        await self._terminal.open()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._on_output(fd, data)

    def pipe_connection_lost(self, fd: int, error: Optional[Exception]) -> None:
        self._open.discard(fd)
        self._end_if_done()

    def process_exited(self) -> None:
        self._exited = True
        self._end_if_done()

    def _end_if_done(self) -> None:
        if self._exited and not self._open:
            self.ended.set()

    @property
    def returncode(self) -> Optional[int]:
        return self._transport.get_returncode() if self._transport else None

    def kill(self, number: int) -> None:
        """Signals the whole process group; nothing happens when there is none any more."""
        pid = self._transport.get_pid() if self._transport else None
        if pid is None:
            return
        if POSIX:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, number)
        else:
            subprocess.call(
                ["taskkill", "/F", "/T", "/PID", str(pid)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    def pause(self) -> None:
        """Stops taking output, so that the program has to wait."""
        if not self._paused:
            self._paused = True
            for pipe in self._pipes():
                pipe.pause_reading()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            for pipe in self._pipes():
                pipe.resume_reading()

    def _pipes(self) -> List[Any]:
        if self._terminal is not None:
            return [self._terminal.transport]
        assert self._transport is not None
        pipes = [self._transport.get_pipe_transport(fd) for fd in self._open]
        return [pipe for pipe in pipes if pipe is not None]

    def close(self) -> None:
        """Kills what is left of the group and lets go of the pipes."""
        if self._transport is not None:
            self.resume()
            self._transport.close()
        if self._terminal is not None:
            self._terminal.transport.close()


class _Terminal(asyncio.Protocol):
    """The master end of a child's pseudo-terminal."""

    transport: Any

    def __init__(self, child: Child, fd: int) -> None:
        self._child = child
        self._fd = fd

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        source = os.fdopen(self._fd, "rb", buffering=0)
        self.transport, _ = await loop.connect_read_pipe(lambda: self, source)

    def data_received(self, data: bytes) -> None:
        self._child.pipe_data_received(1, data)

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._child.pipe_connection_lost(1, error)


def _take_terminal() -> None:
    """In the child: makes its terminal the controlling one of its session."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _own_group() -> Dict[str, Any]:
    if POSIX:
        return {"start_new_session": True}
    return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}


def signal_number(name: str) -> int:
    """'KILL' or 'SIGKILL' as a number. Raises ValueError for an unknown name."""
    name = name.upper()
    try:
        return int(getattr(signal, name if name.startswith("SIG") else f"SIG{name}"))
    except AttributeError:
        if not POSIX:
            return int(signal.SIGTERM)
        raise ValueError(f"there is no signal {name!r}") from None
