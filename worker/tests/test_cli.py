# SPDX-License-Identifier: MIT
"""The command, as a process."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pb_master import PbMaster
from support import eventually

from kilnbot_worker.daemon import is_alive
from kilnbot_worker.settings import load


def cli(*args: str, program: str = "kilnbot-worker") -> subprocess.CompletedProcess[str]:
    code = "import sys; from kilnbot_worker.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(
        command, text=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


async def cli_in_thread(*args: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.get_running_loop().run_in_executor(None, lambda: cli(*args))


def create(base: Path, *flags: str, master: str = "host:1234") -> Any:
    done = cli("create-worker", *flags, str(base), master, "name", "pass")
    assert done.returncode == 0, done.stdout
    return load(str(base))


def test_create_worker_makes_a_directory(tmp_path: Path) -> None:
    made = create(tmp_path / "w", "--umask=0o22", "-k", "60", "--maxdelay", "5", "--maxretries=7",
                  "--numcpus", "3", "-s", "1000", "-l", "None", "-a", "signal", "--use-tls",
                  "--delete-leftover-dirs", "--proxy-connection-string=p:3")  # fmt: skip

    assert (made.buildmaster_host, made.port, made.workername, made.passwd) == (
        "host",
        1234,
        "name",
        "pass",
    )
    assert (made.umask, made.keepalive, made.maxdelay, made.maxretries) == (0o22, 60, 5, 7)
    assert (made.numcpus, made.rotateLength, made.maxRotatedFiles) == (3, 1000, None)
    assert (made.allow_shutdown, made.use_tls, made.delete_leftover_dirs) == ("signal", 1, 1)
    assert (made.protocol, made.proxy_connection_string, made.rotates) == ("pb", "p:3", True)
    assert sorted(os.listdir(tmp_path / "w")) == ["buildbot.tac", "info"]
    assert sorted(os.listdir(tmp_path / "w" / "info")) == ["admin", "host"]
    assert (tmp_path / "w" / "buildbot.tac").stat().st_mode & 0o777 == 0o600


def test_create_worker_other_forms(tmp_path: Path) -> None:
    relocatable = create(
        tmp_path / "a", "-r", "-n", "--protocol", "msgpack_experimental_v7", master="[::1]"
    )
    by_string = create(tmp_path / "b", "--connection-string", "tcp:x:1")

    assert (relocatable.buildmaster_host, relocatable.port) == ("::1", 9989)
    assert (relocatable.protocol, relocatable.rotates) == ("msgpack_experimental_v7", False)
    assert "basedir = '.'\n" in (tmp_path / "a" / "buildbot.tac").read_text()
    assert relocatable.basedir == str(tmp_path / "a")
    assert (by_string.connection_string, by_string.buildmaster_host) == ("tcp:x:1", None)


def test_create_worker_leaves_what_is_there(tmp_path: Path) -> None:
    create(tmp_path / "w")
    (tmp_path / "w" / "info" / "admin").write_text("me")
    create(tmp_path / "w")
    assert not (tmp_path / "w" / "buildbot.tac.new").exists()

    assert create(tmp_path / "w", master="other").buildmaster_host == "host"
    assert "'other'" in (tmp_path / "w" / "buildbot.tac.new").read_text()
    assert (tmp_path / "w" / "info" / "admin").read_text() == "me"


@pytest.mark.parametrize(
    "args, what",
    [
        ([], "must specify a command"),
        (["nonsense"], "nonsense"),
        (["create-worker", "d"], "required"),
        (["create-worker", "d", "h:x", "n", "p"], "invalid master port 'x', needs to be a number"),
        (["create-worker", "d", "a:1:2", "n", "p"], "invalid <master> argument"),
        (["create-worker", "-a", "x", "d", "h", "n", "p"], "allow-shutdown needs to be one of"),
        (
            ["create-worker", "-k", "x", "d", "h", "n", "p"],
            "keepalive parameter needs to be a number",
        ),
        (["create-worker", "--umask=9", "-s", "x", "d", "h", "n", "p"], "log-size parameter"),
        (["start", "/nowhere"], "invalid worker directory '/nowhere'"),
        (["stop", "/nowhere"], "invalid worker directory '/nowhere'"),
        (["restart", "/nowhere"], "invalid worker directory '/nowhere'"),
    ],
)
def test_wrong_usage_ends_with_1_and_says_what(tmp_path: Path, args: list[str], what: str) -> None:
    done = cli(*args)

    assert done.returncode == 1
    assert what in done.stdout
    assert not os.path.exists("d")


@pytest.mark.parametrize("verb", [[], ["start"], ["stop"], ["restart"], ["create-worker"]])
def test_help_is_given(verb: list[str]) -> None:
    done = cli(*verb, "--help")

    assert done.returncode == 0
    assert "usage:" in done.stdout.lower()


def test_the_version_is_given() -> None:
    assert re.fullmatch(r"worker version: \d+\.\d+\.\d+\n", cli("--version").stdout)


def test_a_masters_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "buildbot.tac").write_text("application = service.Application('buildmaster')\n")

    assert "is not a worker's" in cli("start", str(tmp_path)).stdout


def test_the_daemons_life(tmp_path: Path) -> None:
    base = tmp_path / "w"

    async def whole() -> None:
        async with PbMaster("pass") as master:
            create(base, master=f"127.0.0.1:{master.port}")
            started = await cli_in_thread("start", str(base))
            assert (started.returncode, "is attached" in started.stdout) == (0, True), (
                started.stdout
            )
            first = int((base / "twistd.pid").read_text())
            peer = await master.worker()
            done = await peer.run("shell", {"workdir": "", "command": "umask"})
            assert done.text("stdout") == "0077\n"

            again = await cli_in_thread("start", str(base))
            assert (again.returncode, str(first) in again.stdout) == (1, True)

            restarted = await cli_in_thread("restart", str(base))
            assert restarted.returncode == 0, restarted.stdout
            second = int((base / "twistd.pid").read_text())
            assert first != second and not is_alive(first)

            stopped = await cli_in_thread("stop", str(base))
            assert (stopped.returncode, is_alive(second)) == (0, False)
            assert not (base / "twistd.pid").exists()
            assert (await cli_in_thread("stop", str(base))).stdout == "worker not running\n"
            assert (await cli_in_thread("stop", "-q", str(base))).stdout == ""

    asyncio.run(whole())
    log = (base / "twistd.log").read_text()
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d{4} \[-\] kilnbot-worker", log)
    assert "message from master: attached" in log


def foreground(base: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "kilnbot_worker", "start", "--nodaemon", str(base)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_worker_and_its_programs(tmp_path: Path, number: signal.Signals) -> None:
    base = tmp_path / "w"

    async def whole() -> None:
        async with PbMaster("pass") as master:
            create(base, master=f"127.0.0.1:{master.port}")
            process = foreground(base)
            peer = await master.worker()
            await peer.start(
                "shell", {"workdir": "", "command": "echo $$ > pid; touch ready; sleep 60"}
            )
            await eventually("the program", (base / "b1" / "ready").exists)
            process.send_signal(number)
            await eventually("the worker's end", lambda: process.poll() is not None)
            assert process.returncode == 0
            assert not is_alive(int((base / "b1" / "pid").read_text()))

    asyncio.run(whole())


def test_sighup_asks_for_a_graceful_end_where_that_is_allowed(tmp_path: Path) -> None:
    base = tmp_path / "w"

    async def whole() -> None:
        async with PbMaster("pass") as master:
            create(base, "-a", "signal", master=f"127.0.0.1:{master.port}")
            process = foreground(base)
            peer = await master.worker()
            await eventually("the login", lambda: "logged in" in (base / "twistd.log").read_text())
            process.send_signal(signal.SIGHUP)
            await eventually("the request", lambda: peer.perspective.calls == ["shutdown"])
            assert process.poll() is None
            assert peer.bot is not None
            await peer.bot.call("shutdown")
            await eventually("the worker's end", lambda: process.poll() is not None)

    asyncio.run(whole())
