# SPDX-License-Identifier: MIT
"""The worker's side of a session over Perspective Broker."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any, Dict, List, Optional, Tuple

from kilnbot_worker.bot import Bot, prepare_directories
from kilnbot_worker.channel import Channel, TransferError
from kilnbot_worker.commands.base import CommandError
from kilnbot_worker.info import COMMAND_VERSION, COMMANDS, worker_info
from kilnbot_worker.lines import Lines, OutputSettings
from kilnbot_worker.pb.broker import Broker, ConnectionGone, Proxy, RemoteError, failure
from kilnbot_worker.pb.login import REFUSED, log_in
from kilnbot_worker.session import Events, LoginRefused, Refused, Session
from kilnbot_worker.settings import Settings

log = logging.getLogger(__name__)

NO_METHOD = ("twisted.spread.flavors.NoSuchMethod", "builtins.AttributeError")


class PbChannel(Channel):
    """One command's remote objects."""

    block_limit = 512 * 1024  # below banana's limit of a string

    def __init__(self, session: PbSession, command: Proxy, peer: Optional[Proxy]) -> None:
        self._session = session
        self._command = command
        self._peer = peer  # the writer or reader of a transfer

    def update(self, updates: List[Tuple[str, Any]]) -> None:
        for key, value in updates:
            self._send("update", [[{key: _plain(value)}, 0]])

    def complete(self, failure_text: Optional[str]) -> None:
        value = None
        if failure_text is not None:
            value = failure("builtins.RuntimeError", failure_text, failure_text)
        self._send("complete", value)
        self._command.release()
        if self._peer is not None:
            self._peer.release()

    def _send(self, method: str, value: Any) -> None:
        self._command.call(method, value).add_done_callback(_log_failure)

    @property
    def congested(self) -> bool:
        return self._session.connection.congested

    async def drained(self) -> None:
        await self._session.connection.drained()

    async def _call(self, method: str, *args: Any) -> Any:
        if self._peer is None:
            raise TransferError("the master gave no object to transfer with")
        try:
            return await self._peer.call(method, *args)
        except RemoteError as error:
            raise TransferError(f"the master failed in {method}: {error}") from None
        except ConnectionGone as error:
            raise TransferError(str(error)) from None

    async def upload_write(self, data: bytes) -> None:
        await self._call("write", data)

    async def upload_directory_write(self, data: bytes) -> None:
        await self._call("write", data)

    async def upload_close(self) -> None:
        await self._call("close")

    async def upload_utime(self, access: float, modified: float) -> None:
        await self._call("utime", (access, modified))

    async def upload_unpack(self) -> None:
        await self._call("unpack")

    async def read(self, length: int) -> bytes:
        data = await self._call("read", length)
        if not isinstance(data, bytes):
            raise TransferError(f"the master sent a {type(data).__name__} for a block of a file")
        return data

    async def read_close(self) -> None:
        await self._call("close")


def _plain(value: Any) -> Any:
    """This protocol carries the texts alone."""
    if isinstance(value, Lines):
        return value.text
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Lines):
        return (value[0], value[1].text)
    return value


def _log_failure(future: asyncio.Future[Any]) -> None:
    if future.cancelled():
        return
    error = future.exception()
    if error is not None and not isinstance(error, ConnectionGone):
        log.warning("the master did not take an update: %s", error)


class BuilderObject:
    """What the master calls for one builder."""

    is_referenceable = True

    def __init__(self, session: PbSession, name: str, builddir: str) -> None:
        self.session = session
        self.name = name
        self.builddir = builddir

    def remote_startBuild(self) -> None:
        pass

    def remote_print(self, message: str) -> None:
        log.info("message from master: %s", message)

    def remote_startCommand(
        self, command: Proxy, command_id: str, name: str, args: Dict[str, Any]
    ) -> None:
        base = os.path.join(self.session.settings.basedir, self.builddir)
        name, args, peer = from_pb(name, args, base)
        channel = PbChannel(self.session, command, peer)
        self.session.bot.start(self.name, command_id, name, args, channel, OutputSettings())

    def remote_interruptCommand(self, command_id: str, why: str) -> None:
        self.session.bot.interrupt(self.name, command_id, why)


_NAMES = {
    "uploadFile": "upload_file",
    "uploadDirectory": "upload_directory",
    "downloadFile": "download_file",
}
# This protocol's arguments that are paths below the builder's directory -> the commands' own names.
_PATHS: Dict[str, Dict[str, str]] = {
    "shell": {"workdir": "workdir"},
    "mkdir": {"dir": "paths"},
    "rmdir": {"dir": "paths"},
    "cpdir": {"fromdir": "from_path", "todir": "to_path"},
    "stat": {"file": "path"},
    "glob": {"path": "path"},
    "listdir": {"dir": "path"},
    "rmfile": {"path": "path"},
    "upload_file": {"workersrc": "path"},
    "upload_directory": {"workersrc": "path"},
    "download_file": {"workerdest": "path"},
}
_OF_A_HOME = ("rmfile", "upload_file", "upload_directory", "download_file")
_BELOW_WORKDIR = ("stat", "upload_file", "upload_directory", "download_file")


def from_pb(name: str, args: Any, base: str) -> Tuple[str, Dict[str, Any], Optional[Proxy]]:
    """A command's name and arguments as commands take them, and the object to transfer with."""
    name = _NAMES.get(name, name)
    if not isinstance(args, dict):
        raise CommandError(f"the arguments of {name} are no dictionary")
    args = {key.decode() if isinstance(key, bytes) else key: value for key, value in args.items()}
    if name in _BELOW_WORKDIR:
        base = _joined(base, args.pop("workdir", None) or "")
    for theirs, ours in _PATHS.get(name, {}).items():
        if theirs not in args:
            raise CommandError(f"{name} is missing args: {theirs}")
        value = args.pop(theirs)
        if name in _OF_A_HOME and isinstance(value, str):
            value = os.path.expanduser(value)
        if isinstance(value, (list, tuple)):
            args[ours] = [_joined(base, item) for item in value]
        else:
            args[ours] = _joined(base, value)
    return name, args, _peer_of(name, args)


_PEERS = {"upload_file": "writer", "upload_directory": "writer", "download_file": "reader"}


def _peer_of(name: str, args: Dict[str, Any]) -> Optional[Proxy]:
    key = _PEERS.get(name)
    if key is None:
        return None
    peer = args.pop(key, None)
    if not isinstance(peer, Proxy):
        raise CommandError(f"{name} is missing args: {key}")
    return peer


def _joined(base: str, path: Any) -> str:
    if isinstance(path, bytes):
        path = path.decode("utf-8", "surrogateescape")
    if not isinstance(path, str):
        raise CommandError(f"{path!r} is not a path")
    return os.path.join(base, path)


class BotObject:
    """What the master calls for the worker as a whole."""

    is_referenceable = True

    def __init__(self, session: PbSession) -> None:
        self.session = session

    def remote_print(self, message: str) -> None:
        log.info("message from master: %s", message)
        if message == "attached":
            self.session.events.attached()

    def remote_getWorkerInfo(self) -> Dict[str, Any]:
        return worker_info(self.session.settings)

    def remote_getCommands(self) -> Dict[str, str]:
        return dict.fromkeys(COMMANDS, COMMAND_VERSION)

    def remote_getVersion(self) -> str:
        return str(worker_info(self.session.settings)["version"])

    def remote_setBuilderList(self, wanted: Any) -> Dict[str, BuilderObject]:
        return self.session.set_builders([(name, builddir) for name, builddir in wanted])

    def remote_shutdown(self) -> None:
        log.info("the master asks the worker to shut down")
        self.session.events.shutdown()


class PbSession(Session):
    """One connection. The broker calls BotObject and BuilderObject."""

    def __init__(self, settings: Settings, bot: Bot, events: Events) -> None:
        super().__init__(settings, bot, events)
        self.broker = Broker(self._write)
        self.builders: Dict[str, BuilderObject] = {}
        self._perspective: Optional[Proxy] = None

    def _write(self, data: bytes) -> None:
        self.connection.write(data)

    def data_received(self, data: bytes) -> None:
        self.broker.feed(data)

    async def log_in(self) -> None:
        name, password = self.settings.workername, self.settings.passwd
        try:
            self._perspective = await log_in(self.broker, name, password, BotObject(self))
        except ConnectionGone:
            raise ConnectionError("the master closed the connection during login") from None
        except RemoteError as error:
            if error.kind == REFUSED:
                raise LoginRefused from None
            raise Refused(f"{error.kind}: {error.text}") from None

    def set_builders(self, wanted: List[Tuple[str, str]]) -> Dict[str, BuilderObject]:
        prepare_directories(self.settings, [builddir for _, builddir in wanted])
        self.bot.interrupt_except(name for name, _ in wanted)
        kept = {}
        for name, builddir in wanted:
            known = self.builders.get(name)
            if known is None or known.builddir != builddir:
                known = BuilderObject(self, name, builddir)
            kept[name] = known
        self.builders = kept
        return dict(kept)

    async def keep_alive(self) -> None:
        if self._perspective is not None:
            await self._perspective.call("keepalive")

    async def ask_for_shutdown(self) -> Optional[str]:
        if self._perspective is None:
            return "the worker is not connected"
        try:
            await self._perspective.call("shutdown")
        except RemoteError as error:
            if error.kind in NO_METHOD:
                return "the master does not support a shutdown that the worker asks for"
            return str(error)
        except ConnectionGone as error:
            return str(error)
        return None

    def closed(self) -> None:
        self.broker.close()
