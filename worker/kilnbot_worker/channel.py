# SPDX-License-Identifier: MIT
"""What commands know of the master: a channel for one command, whichever protocol carries it."""

from __future__ import annotations

import abc
import asyncio
import time
from typing import Any, List, Optional, Tuple

from kilnbot_worker.lines import OutputBuffer, OutputSettings


class TransferError(Exception):
    """The master refused or lost a part of a transfer."""


class Channel(abc.ABC):
    """One running command's side to the master. It drops what comes after the connection's end."""

    block_limit: int  # bytes that one block of a transfer may have

    @abc.abstractmethod
    def update(self, updates: List[Tuple[str, Any]]) -> None:
        """Sends updates in order; those of stdout, stderr, header and log carry Lines."""

    @abc.abstractmethod
    def complete(self, failure: Optional[str]) -> None:
        """The last message of the command."""

    @property
    @abc.abstractmethod
    def congested(self) -> bool:
        """Whether so much is unsent that no more should be produced."""

    @abc.abstractmethod
    async def drained(self) -> None:
        """Waits until the channel is not congested, or is closed."""

    @abc.abstractmethod
    async def upload_write(self, data: bytes) -> None: ...

    @abc.abstractmethod
    async def upload_close(self) -> None: ...

    @abc.abstractmethod
    async def upload_utime(self, access: float, modified: float) -> None: ...

    @abc.abstractmethod
    async def upload_unpack(self) -> None: ...

    @abc.abstractmethod
    async def upload_directory_write(self, data: bytes) -> None: ...

    @abc.abstractmethod
    async def read(self, length: int) -> bytes:
        """The next bytes of a download, at most `length`; empty at its end."""

    @abc.abstractmethod
    async def read_close(self) -> None: ...


class Output:
    """A command's updates, gathered and sent when there is enough or it has waited enough."""

    def __init__(self, channel: Channel, settings: OutputSettings) -> None:
        self.channel = channel
        self._buffer = OutputBuffer(settings)
        self._timer: Optional[asyncio.TimerHandle] = None

    def text(self, key: str, text: str, name: Optional[str] = None) -> None:
        self._buffer.add_text(key, text, time.time(), name)
        self._after_adding()

    def value(self, key: str, value: Any) -> None:
        self._buffer.add_value(key, value)
        self._after_adding()

    def _after_adding(self) -> None:
        if self._buffer.full:
            self.flush()
        elif self._timer is None and not self._buffer.empty:
            delay = self._buffer.settings.buffer_timeout
            self._timer = asyncio.get_running_loop().call_later(delay, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._buffer.empty:
            self.channel.update(self._buffer.take())

    def finish(self) -> None:
        """Completes incomplete lines and sends everything."""
        self._buffer.finish_lines(time.time())
        self.flush()
