# SPDX-License-Identifier: MIT
"""A master's side of msgpack over websocket for the tests."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import msgpack
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol


class Peer(asyncio.Protocol):
    """One worker's connection: answers what the worker asks, keeps what it sends."""

    def __init__(self, master: WsMaster) -> None:
        self.master = master
        self.protocol = ServerProtocol()
        self.open = False
        self.number = 0
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self.download = b""
        self.completed: dict[str, asyncio.Future[Any]] = {}
        self.gone = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.master.peers.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.gone.set()
        for future in self.waiting.values():
            future.cancel()

    def data_received(self, data: bytes) -> None:
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.accept(event)
            elif isinstance(event, Frame) and event.opcode is Opcode.BINARY:
                self.on_message(msgpack.unpackb(bytes(event.data), raw=False))
            elif isinstance(event, Frame) and event.opcode is Opcode.PING:
                self.master.pings += 1
        self.write()

    def write(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.transport.write(data)
            else:
                self.transport.close()

    def accept(self, request: Request) -> None:
        self.master.requests.append(request)
        wanted = base64.b64encode(f"w1:{self.master.password}".encode()).decode()
        if request.headers.get("Authorization") == f"Basic {wanted}":
            self.protocol.send_response(self.protocol.accept(request))
            self.open = True
            self.master.attached.put_nowait(self)
        else:
            self.protocol.send_response(self.protocol.reject(401, "Unauthorized"))

    def send_raw(self, data: bytes, fragments: int = 1) -> None:
        size = len(data) // fragments + 1
        pieces = [data[i : i + size] for i in range(0, len(data), size)]
        for index, piece in enumerate(pieces):
            last = index == len(pieces) - 1
            if index == 0:
                self.protocol.send_binary(piece, fin=last)
            else:
                self.protocol.send_continuation(piece, fin=last)
        self.write()

    def call(self, op: str, fragments: int = 1, **fields: Any) -> asyncio.Future[Any]:
        number, self.number = self.number, self.number + 1
        self.waiting[number] = asyncio.get_running_loop().create_future()
        message = {"op": op, "seq_number": number, **fields}
        self.send_raw(msgpack.packb(message), fragments)
        return self.waiting[number]

    def on_message(self, message: dict[str, Any]) -> None:
        if message["op"] == "response":
            self.waiting.pop(message["seq_number"]).set_result(message)
            return
        self.messages.append(message)
        answer: dict[str, Any] = {
            "op": "response",
            "seq_number": message["seq_number"],
            "result": None,
        }
        if message["op"] == "update_read_file":
            length = message["length"]
            answer["result"], self.download = self.download[:length], self.download[length:]
        if message["op"] == "complete":
            self.completed[message["command_id"]].set_result(message["args"])
        self.send_raw(msgpack.packb(answer))

    async def run(
        self, command_id: str, name: str, args: dict[str, Any], builder: str = "b1"
    ) -> Any:
        """A command to its end; returns its failure."""
        self.completed[command_id] = asyncio.get_running_loop().create_future()
        started = await self.call(
            "start_command",
            builder_name=builder,
            command_id=command_id,
            command_name=name,
            args=args,
        )
        assert "is_exception" not in started, started
        return await asyncio.wait_for(self.completed[command_id], 30)

    def updates(self, command_id: str) -> list[Any]:
        return [
            update
            for message in self.messages
            if message["op"] == "update" and message["command_id"] == command_id
            for update in message["args"]
        ]


class WsMaster:
    """Listens on a free port of the loopback."""

    def __init__(self, password: str = "pw1") -> None:
        self.password = password
        self.peers: list[Peer] = []
        self.requests: list[Request] = []
        self.pings = 0

    async def __aenter__(self) -> WsMaster:
        self.attached: asyncio.Queue[Peer] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Peer(self), "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self.server.close()
        for peer in self.peers:
            peer.transport.abort()
            await peer.gone.wait()
        await self.server.wait_closed()

    async def worker(self) -> Peer:
        return await asyncio.wait_for(self.attached.get(), 30)
