# SPDX-License-Identifier: MIT
"""A channel that records, a bench for commands, a loop whose clock jumps, a worker in the background."""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
from pathlib import Path
from typing import Any, AsyncIterator, Awaitable, Callable

from kilnbot_worker.bot import Bot
from kilnbot_worker.channel import Channel, TransferError
from kilnbot_worker.lines import Lines, OutputSettings
from kilnbot_worker.service import Worker
from kilnbot_worker.settings import Settings

LIMIT_S = 30.0


class RecordingChannel(Channel):
    """Keeps what a command sends; `data` is what a download gets."""

    block_limit = 1 << 20

    def __init__(self, data: bytes = b"", broken: bool = False, congested: bool = False) -> None:
        self.updates: list[tuple[str, Any]] = []
        self.calls: list[tuple[Any, ...]] = []
        self.data = data
        self.broken = broken
        self.failure: str | None = None
        self.done = asyncio.Event()
        self.is_congested = congested
        self.room = asyncio.Event()

    def update(self, updates: list[tuple[str, Any]]) -> None:
        assert not self.done.is_set()
        self.updates.extend(updates)

    def complete(self, failure: str | None) -> None:
        assert not self.done.is_set()
        self.failure = failure
        self.done.set()

    @property
    def congested(self) -> bool:
        return self.is_congested

    async def drained(self) -> None:
        if self.is_congested:
            await self.room.wait()

    async def upload_write(self, data: bytes) -> None:
        if self.broken:
            raise TransferError("disk full")
        self.calls.append(("write", data))

    async def upload_directory_write(self, data: bytes) -> None:
        self.calls.append(("write", data))

    async def upload_close(self) -> None:
        self.calls.append(("close",))

    async def upload_utime(self, access: float, modified: float) -> None:
        self.calls.append(("utime", modified))

    async def upload_unpack(self) -> None:
        self.calls.append(("unpack",))

    async def read(self, length: int) -> bytes:
        block, self.data = self.data[:length], self.data[length:]
        return block

    async def read_close(self) -> None:
        self.calls.append(("close",))

    def text(self, key: str, name: str | None = None) -> str:
        """All text of a stream, or of a watched file."""
        found = [value for given, value in self.updates if given == key]
        if name is not None:
            found = [lines for given, lines in found if given == name]
        return "".join(lines.text for lines in found)

    def values(self) -> dict[str, Any]:
        return {key: value for key, value in self.updates if not isinstance(value, Lines)}

    @property
    def rc(self) -> Any:
        return self.values().get("rc")

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.updates]

    @property
    def uploaded(self) -> bytes:
        return b"".join(call[1] for call in self.calls if call[0] == "write")


class Bench:
    """Commands in `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.settings = Settings(str(base), "w1", "pw1", "127.0.0.1", 1)

    def path(self, *parts: str) -> str:
        return str(self.base.joinpath(*parts))

    def run(self, name: str, args: dict[str, Any], **channel: Any) -> RecordingChannel:
        """One command, to its end."""

        async def whole() -> RecordingChannel:
            async with self.started(name, args, **channel) as (_, made):
                await asyncio.wait_for(made.done.wait(), LIMIT_S)
                return made

        return asyncio.run(whole())

    @contextlib.asynccontextmanager
    async def started(
        self, name: str, args: dict[str, Any], output: OutputSettings | None = None, **channel: Any
    ) -> AsyncIterator[tuple[Bot, RecordingChannel]]:
        bot, made = Bot(self.settings), RecordingChannel(**channel)
        bot.start("b1", "7", name, args, made, output or OutputSettings())
        try:
            yield bot, made
        finally:
            await bot.stop()

    def shell(self, command: Any, **args: Any) -> RecordingChannel:
        return self.run("shell", self.shell_args(command, **args))

    def shell_args(self, command: Any, **args: Any) -> dict[str, Any]:
        return {"workdir": str(self.base), "logEnviron": False, "command": command, **args}


async def eventually(what: str, probe: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
    """The first true value of `probe`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit_s
    while loop.time() < end:
        found = probe()
        if found:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited {limit_s} s in vain for {what}")


class _JumpingSelector:
    """Instead of waiting, moves its loop's clock on."""

    def __init__(self) -> None:
        self.inner = selectors.DefaultSelector()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        found = self.inner.select(0)
        if not found and timeout is not None:
            self.now += timeout
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which every wait is over at once, and its clock shows that it was."""

    def __init__(self) -> None:
        self.jumping = _JumpingSelector()
        super().__init__(self.jumping)  # type: ignore[arg-type]

    def time(self) -> float:
        return self.jumping.now


def run_jumping(work: Callable[[], Awaitable[Any]]) -> Any:
    loop = JumpingLoop()
    try:
        return loop.run_until_complete(work())  # type: ignore[arg-type]
    finally:
        loop.close()


@contextlib.asynccontextmanager
async def running_worker(settings: Settings) -> AsyncIterator[Worker]:
    """A worker in this loop, stopped at the end."""
    os.makedirs(os.path.join(settings.basedir, "info"), exist_ok=True)
    worker = Worker(settings)
    task = asyncio.ensure_future(worker.run())
    worker.task = task  # type: ignore[attr-defined]
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, LIMIT_S)
