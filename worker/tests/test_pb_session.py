# SPDX-License-Identifier: MIT
"""A whole worker against a master's side of Perspective Broker."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import subprocess
from pathlib import Path
from typing import Any, Awaitable, Callable

import pytest
from pb_master import PbMaster, Peer, Reader, Writer
from support import eventually, running_worker

from kilnbot_worker import service
from kilnbot_worker.pb import login
from kilnbot_worker.pb.broker import RemoteError
from kilnbot_worker.settings import Settings


def settings(base: Path, master: PbMaster, **more: Any) -> Settings:
    return Settings(str(base), "w1", "pw1", **{"buildmaster_host": "127.0.0.1", "port": master.port, "maxdelay": 0.05, **more})  # fmt: skip


def with_worker(
    base: Path, work: Callable[[PbMaster, Peer, service.Worker], Awaitable[Any]], **more: Any
) -> Any:
    async def whole() -> Any:
        async with PbMaster() as master, running_worker(settings(base, master, **more)) as worker:
            return await work(master, await master.worker(), worker)

    return asyncio.run(whole())


def test_a_worker_attaches_and_runs_a_command(tmp_path: Path) -> None:
    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> Any:
        assert peer.info["basedir"] == str(tmp_path)
        assert peer.info["worker_commands"]["shell"] == "3.3"
        return await peer.run("shell", {"workdir": "build", "command": "pwd", "logEnviron": False})

    done = with_worker(tmp_path, work)

    assert (done.rc, done.failure) == (0, None)
    assert done.text("stdout") == f"{tmp_path}/b1/build\n"
    assert [key for key, _ in done.updates] == ["header", "stdout", "rc", "header", "elapsed"]


def test_transfers_use_the_masters_objects_and_let_go_of_them(tmp_path: Path) -> None:
    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> Any:
        reader, writer = Reader(b"content" * 100), Writer()
        common = {"workdir": "", "maxsize": None, "blocksize": 64}
        held = len(peer.broker._objects)
        down = await peer.run(
            "downloadFile", {**common, "workerdest": "d/f", "reader": reader, "mode": None}
        )
        up = await peer.run(
            "uploadFile", {**common, "workersrc": "d/f", "writer": writer, "keepstamp": True}
        )
        tree = Writer()
        whole = await peer.run(
            "uploadDirectory", {**common, "workersrc": "d", "writer": tree, "compress": None}
        )
        await eventually("the release of all objects", lambda: len(peer.broker._objects) == held)
        return down, up, whole, reader, writer, tree

    down, up, whole, reader, writer, tree = with_worker(tmp_path, work)

    assert (down.rc, up.rc, whole.rc) == (0, 0, 0)
    assert reader.closed
    assert writer.data == b"content" * 100
    assert [call[0] for call in writer.calls[-2:]] == ["close", "utime"]
    assert tree.calls[-1] == ("unpack",)


@pytest.mark.parametrize(
    "name, args",
    [
        ("nonsense", {}),
        ("mkdir", {}),
        ("shell", {"workdir": "x"}),
        ("mkdir", []),
        ("stat", {"file": 5}),
        ("uploadFile", {"workersrc": "x", "maxsize": None, "blocksize": 9}),
    ],
    ids=repr,
)
def test_a_command_that_cannot_begin_is_an_error_for_the_caller(
    tmp_path: Path, name: str, args: Any
) -> None:
    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> None:
        with pytest.raises(RemoteError, match="CommandError"):
            await peer.start(name, args)
        assert (await peer.run("mkdir", {"dir": "still works"})).rc == 0

    with_worker(tmp_path, work)


def test_a_lost_connection_kills_commands_and_the_worker_comes_back(tmp_path: Path) -> None:
    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> None:
        command = "touch ready; echo $$ > pid; sleep 60"
        await peer.start("shell", {"workdir": "", "command": command})
        await eventually("the program", (tmp_path / "b1" / "ready").exists)
        peer.transport.abort()
        again = await master.worker()
        await eventually("the end of the program", lambda: not worker.bot.busy)
        assert (await again.run("mkdir", {"dir": "x"})).rc == 0

    with_worker(tmp_path, work)


def test_builders_get_directories_and_leftovers_go_if_wanted(tmp_path: Path) -> None:
    (tmp_path / "old" / "deep").mkdir(parents=True)

    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> None:
        assert peer.bot is not None
        first = await peer.bot.call("setBuilderList", [("b1", "b1"), ("b2", "dir2")])
        assert sorted(first) == ["b1", "b2"]
        assert sorted(await peer.bot.call("setBuilderList", [("b2", "dir2")])) == ["b2"]

    with_worker(tmp_path, work, delete_leftover_dirs=1)

    assert sorted(os.listdir(tmp_path)) == ["dir2", "info"]


def test_a_dropped_builders_command_is_stopped(tmp_path: Path) -> None:
    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> Any:
        command = await peer.start("shell", {"workdir": "", "command": "touch ready; sleep 60"})
        await eventually("the program", (tmp_path / "b1" / "ready").exists)
        assert peer.bot is not None
        await peer.bot.call("setBuilderList", [("b2", "b2")])
        await command.done
        return command

    assert with_worker(tmp_path, work).rc == -1


def test_keepalives_are_sent(tmp_path: Path) -> None:
    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> None:
        await eventually("three keepalives", lambda: len(peer.perspective.calls) >= 3)
        assert set(peer.perspective.calls) == {"keepalive"}

    with_worker(tmp_path, work, keepalive=0.05)


def test_a_master_that_does_not_answer_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service, "KEEPALIVE_LIMIT_S", 0.2)

    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> None:
        peer.broker.feed = lambda data: None  # type: ignore[method-assign]
        await master.worker()

    with_worker(tmp_path, work, keepalive=0.1)

    assert "no answer to a keepalive" in caplog.text


def test_a_wrong_password_is_said_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> None:
        async with PbMaster("another") as master, running_worker(settings(tmp_path, master)):
            await eventually("three logins", lambda: master.logins >= 3)
            master.password = "pw1"
            await master.worker()

    asyncio.run(whole())

    assert "unauthorized login: the master does not take the name 'w1'" in caplog.text


def test_a_refused_duplicate_stays_and_tries_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> None:
        async with PbMaster() as master:
            master.refusal = ("builtins.RuntimeError", "rejecting duplicate worker")
            async with running_worker(settings(tmp_path, master)):
                await eventually("three logins", lambda: master.logins >= 3)
                master.refusal = None
                await master.worker()

    asyncio.run(whole())

    assert "refused this worker: builtins.RuntimeError: rejecting duplicate worker" in caplog.text


def test_the_master_may_end_the_worker(tmp_path: Path) -> None:
    async def work(master: PbMaster, peer: Peer, worker: Any) -> int:
        assert peer.bot is not None
        await peer.bot.call("shutdown")
        return await asyncio.wait_for(worker.task, 10)  # type: ignore[no-any-return]

    assert with_worker(tmp_path, work) == 0


def test_touching_the_stamp_asks_for_a_graceful_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "STAMP_POLL_S", 0.05)

    async def work(master: PbMaster, peer: Peer, worker: service.Worker) -> None:
        (tmp_path / "shutdown.stamp").touch()
        await eventually("the request", lambda: "shutdown" in peer.perspective.calls)

    with_worker(tmp_path, work, allow_shutdown="file")


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad\r\n\r\n", b"\x7f" * 100, b"\x01\x82x"])
def test_a_peer_that_is_no_master_is_left_in_peace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(login, "HELLO_LIMIT_S", 0.3)

    async def whole() -> None:
        connections = []

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(1)
            writer.write(data)
            await reader.read()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        chosen = Settings(str(tmp_path), "w", "p", "127.0.0.1", port, maxdelay=0.05)
        async with running_worker(chosen):
            await eventually("two attempts", lambda: len(connections) >= 2)
        server.close()
        await server.wait_closed()

    asyncio.run(whole())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate of localhost and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "key", "-out", "cert.pem"],
        cwd=folder, check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize(
    "text, works",
    [
        ("tls:localhost:{port}:trustRoots={dir}", True),
        ("ssl:host=localhost:port={port}:caCertsDir={dir}", True),
        ("ssl:localhost:{port}", True),
        ("tls:localhost:{port}", False),
        ("tls:127.0.0.1:{port}:trustRoots={dir}", False),
    ],
    ids=["own root", "ssl with a root", "ssl unverified", "unknown root", "wrong name"],
)
def test_tls(certificate: Path, tmp_path: Path, caplog: Any, text: str, works: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificate / "cert.pem"), str(certificate / "key"))
    caplog.set_level(logging.INFO)

    async def whole() -> None:
        async with PbMaster(tls=context) as master:
            string = text.format(port=master.port, dir=certificate)
            async with running_worker(settings(tmp_path, master, connection_string=string)):
                if works:
                    await master.worker()
                else:
                    await eventually("the refusal", lambda: "certificate" in caplog.text.lower())
                    assert not master.logins

    asyncio.run(whole())


def test_a_proxy_is_tunnelled_through(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        port = int(asked[0].split()[1].rsplit(b":", 1)[1])
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while True:
                data = await source.read(65536)
                if not data:
                    break
                target.write(data)
            target.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    async def whole() -> None:
        server = await asyncio.start_server(proxy, "127.0.0.1", 0)
        through = f"me:pw@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with PbMaster() as master:
            chosen = settings(tmp_path, master, proxy_connection_string=through)
            async with running_worker(chosen):
                peer = await master.worker()
                assert (await peer.run("mkdir", {"dir": "x"})).rc == 0
        server.close()
        await server.wait_closed()

    asyncio.run(whole())

    assert asked[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic bWU6cHc=" in asked[0]
