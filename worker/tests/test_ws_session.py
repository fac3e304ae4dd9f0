# SPDX-License-Identifier: MIT
"""A whole worker against a master's side of msgpack over websocket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Awaitable, Callable

import msgpack
import pytest
from support import eventually, running_worker
from ws_master import Peer, WsMaster

from kilnbot_worker.service import Worker
from kilnbot_worker.settings import Settings


def settings(base: Path, master: WsMaster, **more: Any) -> Settings:
    return Settings(
        str(base), "w1", "pw1", **{"buildmaster_host": "127.0.0.1", "port": master.port, "maxdelay": 0.05,
        "protocol": "msgpack_experimental_v7", **more},
    )  # fmt: skip


def with_worker(
    base: Path, work: Callable[[WsMaster, Peer, Worker], Awaitable[Any]], **more: Any
) -> Any:
    async def whole() -> Any:
        async with WsMaster() as master, running_worker(settings(base, master, **more)) as worker:
            return await work(master, await master.worker(), worker)

    return asyncio.run(whole())


SETTINGS = {"newline_re": "\\|", "max_line_length": 10, "buffer_timeout": 5, "buffer_size": 4096}


def test_the_set_up_of_a_master(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> Any:
        attached = await peer.call("print", message="attached")
        info = await peer.call("get_worker_info")
        kept = await peer.call("set_worker_settings", args=SETTINGS)
        alive = await peer.call("keepalive")
        failure = await peer.run("0", "listdir", {"path": str(tmp_path)})
        return attached, info, kept, alive, failure, peer.updates("0"), master.requests[0]

    attached, info, kept, alive, failure, updates, request = with_worker(tmp_path, work)

    assert attached == {"op": "response", "seq_number": 0, "result": None}
    assert info["result"]["basedir"] == str(tmp_path)
    assert (kept["result"], alive["result"], failure) == (None, None, None)
    assert [key for key, _ in updates] == ["files", "rc", "elapsed"]
    assert updates[0][1] == ["info"]
    assert request.path == "/"


def test_output_comes_as_lines_with_places_and_times_in_one_update(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> Any:
        await peer.call("set_worker_settings", args=SETTINGS)
        args = {
            "workdir": str(tmp_path), "command": "printf 'a|bc\\n0123456789ab'; echo x > log",
            "logEnviron": False, "logfiles": {"l": "log"},
        }  # fmt: skip
        assert await peer.run("5", "shell", args) is None
        return peer.messages

    messages = with_worker(tmp_path, work)

    assert [message["op"] for message in messages] == ["update", "complete"]
    updates = messages[0]["args"]
    keys = [key for key, _ in updates]
    assert keys == ["header", "stdout", "log", "rc", "header", "elapsed", "stdout"]
    text, places, times = updates[1][1]
    assert (text, places) == ("a\nbc\n012345678\n", [1, 4, 14])
    assert len(times) == 3 and all(time > 1.6e9 for time in times)
    assert updates[2][1][0] == "l" and updates[2][1][1][:2] == ["x\n", [1]]
    assert updates[3] == ["rc", 0]
    assert updates[6][1][:2] == ["9ab\n", [3]]


def test_files_go_both_ways(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> list[dict[str, Any]]:
        peer.download = b"\x00\xff" * 3000
        common = {"maxsize": None, "blocksize": 4096}
        await peer.run("1", "download_file", {**common, "path": str(tmp_path / "f"), "mode": 0o600})
        await peer.run(
            "2", "upload_file", {**common, "path": str(tmp_path / "f"), "keepstamp": True}
        )
        await peer.run("3", "upload_directory", {**common, "path": str(tmp_path), "compress": "gz"})
        return peer.messages

    messages = with_worker(tmp_path, work)

    assert (tmp_path / "f").read_bytes() == b"\x00\xff" * 3000
    sent = [m["args"] for m in messages if m["op"] == "update_upload_file_write"]
    assert b"".join(sent) == b"\x00\xff" * 3000
    ops = [message["op"] for message in messages]
    assert ops.index("update_upload_file_utime") == ops.index("update_upload_file_close") + 1
    assert ops[-3:] == ["update_upload_directory_unpack", "update", "complete"]


def test_a_running_command_is_interrupted(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> Any:
        args = {"workdir": str(tmp_path), "command": "touch ready; sleep 60"}
        running = asyncio.ensure_future(peer.run("9", "shell", args))
        await eventually("the program", (tmp_path / "ready").exists)
        await peer.call("interrupt_command", builder_name="b1", command_id="9", why="enough")
        await running
        return dict(peer.updates("9"))

    assert with_worker(tmp_path, work)["rc"] == -1


@pytest.mark.parametrize(
    "message, text",
    [
        ({"op": "nonsense"}, "Command nonsense does not exist."),
        ({"op": "start_command"}, 'message did not contain obligatory "command_id" key'),
        (
            {"op": "set_worker_settings", "args": {}},
            'message did not contain obligatory "newline_re" key',
        ),
        ({"op": "set_worker_settings", "args": {**SETTINGS, "newline_re": "("}}, "missing"),
        (
            {"op": "start_command", "command_id": "1", "command_name": "no", "args": {}},
            "unrecognized",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_done_is_answered_with_the_reason(
    tmp_path: Path, message: Any, text: str
) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> Any:
        return await peer.call(**message)

    answer = with_worker(tmp_path, work)

    assert answer["is_exception"] is True
    assert text in answer["result"]


def test_odd_messages_are_ignored_and_fragments_are_joined(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> Any:
        peer.send_raw(msgpack.packb(5))
        peer.send_raw(msgpack.packb({"op": "print"}))
        peer.protocol.send_text(b"hello")
        peer.protocol.send_ping(b"x")
        return await peer.call("print", fragments=5, message="in pieces")

    assert with_worker(tmp_path, work)["result"] is None


def test_what_is_no_msgpack_ends_the_connection(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> None:
        peer.send_raw(b"\xc1")
        await asyncio.wait_for(peer.gone.wait(), 10)
        await master.worker()

    with_worker(tmp_path, work)


def test_keepalives_are_pings_that_are_answered(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> None:
        await eventually("three pings", lambda: master.pings >= 3)

    with_worker(tmp_path, work, keepalive=0.05)


def test_a_wrong_password_is_said_and_tried_again(tmp_path: Path, caplog: Any) -> None:
    async def whole() -> None:
        async with WsMaster("another") as master, running_worker(settings(tmp_path, master)):
            await eventually("three attempts", lambda: len(master.requests) >= 3)
            master.password = "pw1"
            await master.worker()

    asyncio.run(whole())

    assert "unauthorized login" in caplog.text


def test_the_master_may_end_the_worker(tmp_path: Path) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Any) -> Any:
        assert (await peer.call("shutdown"))["result"] is None
        return await asyncio.wait_for(worker.task, 10)

    assert with_worker(tmp_path, work) == 0


def test_a_graceful_end_that_the_protocol_lacks_is_refused_clearly(
    tmp_path: Path, caplog: Any
) -> None:
    async def work(master: WsMaster, peer: Peer, worker: Worker) -> None:
        await eventually("the login", lambda: worker._session)
        worker.ask_for_shutdown()
        await eventually("the refusal", lambda: "cannot shut down gracefully" in caplog.text)

    with_worker(tmp_path, work)


def test_a_connection_string_gives_the_path(tmp_path: Path) -> None:
    async def whole() -> str:
        async with WsMaster() as master:
            string = f"ws://127.0.0.1:{master.port}/deep/path"
            async with running_worker(settings(tmp_path, master, connection_string=string)):
                await master.worker()
            return str(master.requests[0].path)

    assert asyncio.run(whole()) == "/deep/path"
