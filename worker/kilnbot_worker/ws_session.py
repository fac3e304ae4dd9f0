# SPDX-License-Identifier: MIT
"""The worker's side of a session over msgpack messages in a websocket."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import re
from typing import Any, Callable, Dict, List, Optional, Tuple

import msgpack
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from kilnbot_worker.bot import Bot
from kilnbot_worker.channel import Channel, TransferError
from kilnbot_worker.endpoint import endpoint_of
from kilnbot_worker.info import worker_info
from kilnbot_worker.lines import Lines, OutputSettings
from kilnbot_worker.session import Events, LoginRefused, Refused, Session
from kilnbot_worker.settings import Settings

log = logging.getLogger(__name__)

MAX_MESSAGE = 64 * 1024 * 1024
Message = Dict[str, Any]


class WsChannel(Channel):
    """One command's messages."""

    block_limit = 8 * 1024 * 1024

    def __init__(self, session: WsSession, command_id: str) -> None:
        self._session = session
        self._id = command_id

    def update(self, updates: List[Tuple[str, Any]]) -> None:
        self._send("update", args=[[key, _plain(value)] for key, value in updates])

    def complete(self, failure: Optional[str]) -> None:
        self._send("complete", args=failure)

    def _send(self, op: str, **fields: Any) -> None:
        self._session.request(op, command_id=self._id, **fields).add_done_callback(_log_failure)

    @property
    def congested(self) -> bool:
        return self._session.connection.congested

    async def drained(self) -> None:
        await self._session.connection.drained()

    async def _call(self, op: str, **fields: Any) -> Any:
        return await self._session.request(op, command_id=self._id, **fields)

    async def upload_write(self, data: bytes) -> None:
        await self._call("update_upload_file_write", args=data)

    async def upload_close(self) -> None:
        await self._call("update_upload_file_close")

    async def upload_utime(self, access: float, modified: float) -> None:
        await self._call("update_upload_file_utime", access_time=access, modified_time=modified)

    async def upload_directory_write(self, data: bytes) -> None:
        await self._call("update_upload_directory_write", args=data)

    async def upload_unpack(self) -> None:
        await self._call("update_upload_directory_unpack")

    async def read(self, length: int) -> bytes:
        data = await self._call("update_read_file", length=length)
        if data is None:
            return b""  # what Buildbot's master answers: it cannot send files over this protocol
        if not isinstance(data, bytes):
            raise TransferError(f"the master sent a {type(data).__name__} for a block of a file")
        return data

    async def read_close(self) -> None:
        await self._call("update_read_file_close")


def _plain(value: Any) -> Any:
    if isinstance(value, Lines):
        return list(value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Lines):
        return [value[0], list(value[1])]
    return value


def _log_failure(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and future.exception() is not None:
        log.debug("the master did not take an update: %s", future.exception())


class WsSession(Session):
    """One connection."""

    def __init__(self, settings: Settings, bot: Bot, events: Events) -> None:
        super().__init__(settings, bot, events)
        self._endpoint = endpoint_of(settings)
        self._protocol: Optional[ClientProtocol] = None
        self._handshake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pong: Optional[asyncio.Future[None]] = None
        self._fragments: List[bytes] = []
        self._waiting: Dict[int, asyncio.Future[Any]] = {}
        self._next_number = 0
        self._output = OutputSettings()

    async def log_in(self) -> None:
        host = f"[{self._endpoint.host}]" if ":" in self._endpoint.host else self._endpoint.host
        scheme = "wss" if self._endpoint.tls else "ws"
        uri = f"{scheme}://{host or 'localhost'}:{self._endpoint.port or 80}{self._endpoint.path}"
        self._protocol = ClientProtocol(parse_uri(uri), max_size=MAX_MESSAGE)
        request = self._protocol.connect()
        credentials = f"{self.settings.workername}:{self.settings.passwd}".encode()
        request.headers["Authorization"] = f"Basic {base64.b64encode(credentials).decode()}"
        self._protocol.send_request(request)
        self._write()
        await self._handshake

    def _write(self) -> None:
        assert self._protocol is not None
        for data in self._protocol.data_to_send():
            if data:
                self.connection.write(data)
            else:
                self.connection.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._protocol is None:
            raise ValueError("bytes before the handshake")
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._shake_hands()
            elif isinstance(event, Frame):
                self._on_frame(event)
        self._write()

    def _shake_hands(self) -> None:
        assert self._protocol is not None
        error = self._protocol.handshake_exc
        if self._handshake.done():
            return
        if error is None:
            self._handshake.set_result(None)
        elif isinstance(error, InvalidStatus) and error.response.status_code == 401:
            self._handshake.set_exception(LoginRefused())
        else:
            self._handshake.set_exception(Refused(str(error)))

    def _on_frame(self, frame: Frame) -> None:
        if frame.opcode == Opcode.PONG:
            if self._pong is not None and not self._pong.done():
                self._pong.set_result(None)
        elif frame.opcode in (Opcode.BINARY, Opcode.CONT):
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                data, self._fragments = b"".join(self._fragments), []
                self._on_message(data)
        elif frame.opcode != Opcode.PING:  # websockets has answered that already
            log.warning("ignored a websocket frame of kind %s", frame.opcode)

    def _on_message(self, data: bytes) -> None:
        message = msgpack.unpackb(data, raw=False, strict_map_key=False)
        if not isinstance(message, dict) or "op" not in message or "seq_number" not in message:
            log.warning("ignored a message without op or seq_number")
            return
        number = message["seq_number"]
        if message["op"] == "response":
            self._on_response(number, message)
            return
        try:
            result = self._perform(message)
        except KeyError as error:
            text = f'message did not contain obligatory "{error.args[0]}" key'
            self._answer(number, result=text, is_exception=True)
        except Exception as error:
            log.info("the master's %s failed: %s", message["op"], error)
            self._answer(number, result=str(error), is_exception=True)
        else:
            self._answer(number, result=result)

    def _answer(self, number: Any, **fields: Any) -> None:
        self._send({"op": "response", "seq_number": number, **fields})

    def _send(self, message: Message) -> None:
        if self._protocol is not None and not self.connection.closed.is_set():
            self._protocol.send_binary(msgpack.packb(message, use_bin_type=True))
            self._write()

    def _on_response(self, number: Any, message: Message) -> None:
        future = self._waiting.pop(number, None)
        if future is None or future.done():
            return
        if message.get("is_exception"):
            future.set_exception(TransferError(f"the master answered: {message.get('result')}"))
        else:
            future.set_result(message.get("result"))

    def request(self, op: str, **fields: Any) -> asyncio.Future[Any]:
        """Sends a message; the future fails with TransferError when the master cannot take it."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.connection.closed.is_set():
            future.set_exception(TransferError("the connection to the master is lost"))
            future.exception()
            return future
        number = self._next_number
        self._next_number += 1
        self._waiting[number] = future
        self._send({"op": op, "seq_number": number, **fields})
        return future

    def _perform(self, message: Message) -> Any:
        handler = _OPS.get(message["op"])
        if handler is None:
            raise ValueError(f"Command {message['op']} does not exist.")
        return handler(self, message)

    def _on_print(self, message: Message) -> None:
        text = message["message"]
        log.info("message from master: %s", text)
        if text == "attached":
            self.events.attached()

    def _on_settings(self, message: Message) -> None:
        args = message["args"]
        re.compile(args["newline_re"])
        self._output = OutputSettings(
            newline_re=args["newline_re"],
            max_line_length=args["max_line_length"],
            buffer_timeout=args["buffer_timeout"],
            buffer_size=args["buffer_size"],
        )

    def _on_start(self, message: Message) -> None:
        command_id, name, args = message["command_id"], message["command_name"], message["args"]
        key = message.get("builder_name") or ("set-up", command_id)
        channel = WsChannel(self, command_id)
        self.bot.start(key, command_id, name, args, channel, self._output)

    def _on_interrupt(self, message: Message) -> None:
        command_id = message["command_id"]
        key = message.get("builder_name") or ("set-up", command_id)
        self.bot.interrupt(key, command_id, message["why"])

    def _on_shutdown(self, message: Message) -> None:
        log.info("the master asks the worker to shut down")
        self.events.shutdown()

    async def keep_alive(self) -> None:
        """This protocol has no message for it: the websocket's own ping has to do."""
        if self._protocol is not None:
            self._pong = asyncio.get_running_loop().create_future()
            self._protocol.send_ping(os.urandom(4))
            self._write()
            await self._pong

    async def ask_for_shutdown(self) -> Optional[str]:
        return "this protocol has no message for it: stop the worker gracefully from the master"

    def closed(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(TransferError("the connection to the master is lost"))
                future.exception()
        if not self._handshake.done():
            self._handshake.set_exception(ConnectionError(self._why_closed()))
        if self._pong is not None and not self._pong.done():
            self._pong.cancel()

    def _why_closed(self) -> str:
        return "the master closed the connection during the handshake"


_OPS: Dict[str, Callable[[WsSession, Message], Any]] = {
    "print": WsSession._on_print,
    "keepalive": lambda session, message: None,
    "get_worker_info": lambda session, message: worker_info(session.settings),
    "set_worker_settings": WsSession._on_settings,
    "start_command": WsSession._on_start,
    "interrupt_command": WsSession._on_interrupt,
    "shutdown": WsSession._on_shutdown,
}
