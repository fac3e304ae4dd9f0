# SPDX-License-Identifier: MIT
"""A master's side of Perspective Broker for the tests: it logs a worker in and gives it commands."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from kilnbot_worker.pb.broker import Broker, CallError, Proxy
from kilnbot_worker.pb.login import REFUSED, response


class Referenceable:
    is_referenceable = True


class Command(Referenceable):
    """The master's object of one command: collects what the worker sends."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.id = ""
        self.failure: Any = None
        self.updates: list[tuple[str, Any]] = []
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.changed = asyncio.Event()

    def remote_update(self, updates: list[Any]) -> int:
        for content, _number in updates:
            self.updates.extend(content.items())
        self.changed.set()
        highest: int = max(number for _content, number in updates)
        return highest

    def remote_complete(self, failure: Any) -> None:
        self.peer.completed += 1
        if not self.done.done():
            self.done.set_result(failure)

    def text(self, key: str) -> str:
        return "".join(value for name, value in self.updates if name == key)

    async def wait_text(self, key: str, text: str, limit_s: float = 20) -> None:
        async def seen() -> None:
            while text not in self.text(key):
                self.changed.clear()
                await self.changed.wait()

        await asyncio.wait_for(seen(), limit_s)

    @property
    def rc(self) -> Any:
        return dict(self.updates).get("rc")


class Writer(Referenceable):
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def remote_write(self, data: bytes) -> None:
        self.calls.append(("write", data))

    def remote_close(self) -> None:
        self.calls.append(("close",))

    def remote_utime(self, times: Any) -> None:
        self.calls.append(("utime", times))

    def remote_unpack(self) -> None:
        self.calls.append(("unpack",))

    @property
    def data(self) -> bytes:
        return b"".join(call[1] for call in self.calls if call[0] == "write")


class Reader(Referenceable):
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.closed = False

    def remote_read(self, length: int) -> bytes:
        block, self.data = self.data[:length], self.data[length:]
        return block

    def remote_close(self) -> None:
        self.closed = True


class Perspective(Referenceable):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def remote_keepalive(self) -> None:
        self.calls.append("keepalive")

    def remote_shutdown(self) -> None:
        self.calls.append("shutdown")


class Peer(asyncio.Protocol):
    """One worker's connection."""

    def __init__(self, master: PbMaster) -> None:
        self.master = master
        self.bot: Proxy | None = None
        self.builders: dict[str, Proxy] = {}
        self.info: dict[str, Any] = {}
        self.completed = 0
        self.counter = 0
        self.perspective = Perspective()
        self.gone = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.broker = Broker(transport.write, root=self)
        self.broker.serve_handshake()
        self.master.peers.append(self)

    def data_received(self, data: bytes) -> None:
        self.broker.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.broker.close()
        self.gone.set()

    def remote_login(self, name: bytes) -> Any:
        self.name = name.decode()
        self.challenge = os.urandom(16)
        self.master.logins += 1
        return (self.challenge, _Challenger(self))

    async def attach(self, bot: Proxy) -> Perspective:
        self.bot = bot
        await bot.call("print", message="attached")
        self.info = await bot.call("getWorkerInfo")
        self.builders = await bot.call("setBuilderList", self.master.builders)
        self.master.attached.put_nowait(self)
        return self.perspective

    async def start(self, name: str, args: dict[str, Any], builder: str = "b1") -> Command:
        command = Command(self)
        command.id = str(self.counter)
        self.counter += 1
        await self.builders[builder].call("startCommand", command, command.id, name, args)
        return command

    async def run(self, name: str, args: dict[str, Any], limit_s: float = 30) -> Command:
        command = await self.start(name, args)
        command.failure = await asyncio.wait_for(command.done, limit_s)
        return command

    async def interrupt(self, command: Command, why: str = "enough") -> None:
        await self.builders["b1"].call("interruptCommand", command.id, why)


class _Challenger(Referenceable):
    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def remote_respond(self, answer: bytes, bot: Proxy) -> Any:
        master = self.peer.master
        if master.refusal is not None:
            raise CallError(*master.refusal)
        if answer != response(master.password.encode(), self.peer.challenge):
            raise CallError(REFUSED, "")
        return await self.peer.attach(bot)


class PbMaster:
    """Listens on a free port of the loopback."""

    def __init__(self, password: str = "pw1", tls: Any = None) -> None:
        self.password = password
        self.tls = tls
        self.refusal: tuple[str, str] | None = None
        self.builders = [("b1", "b1")]
        self.peers: list[Peer] = []
        self.logins = 0

    async def __aenter__(self) -> PbMaster:
        self.attached: asyncio.Queue[Peer] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Peer(self), "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self.server.close()
        for peer in self.peers:
            peer.transport.abort()
            await peer.gone.wait()
        await self.server.wait_closed()

    async def worker(self, limit_s: float = 30) -> Peer:
        return await asyncio.wait_for(self.attached.get(), limit_s)
