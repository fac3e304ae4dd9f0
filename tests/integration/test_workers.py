# SPDX-License-Identifier: MIT
"""Workers that come, go, are refused, and peers that send garbage."""

from __future__ import annotations

import os
import random
import re
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
from running import Master, Worker, running, wait_for

LONG = """
f = util.BuildFactory([steps.ShellCommand(name="long", command=["sh", "-c", "if [ -e ../go ]; then exit 0; fi; sleep 600"])])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


def test_a_lost_worker_makes_the_build_retry_and_it_is_built_again(tmp_path: Path) -> None:
    master = Master(tmp_path).create(LONG)
    worker = Worker(tmp_path, master.pb)
    with running(master, worker):
        master.wait_attached()
        request = master.force()
        build = master.build_of(request)
        wait_for(
            "the long step",
            lambda: [s for s in master.steps(build) if s["name"] == "long" and s["started_at"]],
        )

        worker.stop()

        wait_for(
            "the end of the build", lambda: master.rows(f"builds/{build['buildid']}")[0]["complete"]
        )
        assert master.rows(f"builds/{build['buildid']}")[0]["results"] == 5
        assert master.rows(f"buildrequests/{request}")[0]["complete"] is False
        (worker.dir / "b1" / "go").touch()
        worker.start()
        again = master.finished_build(request)
        assert (again["number"], again["results"]) == (2, 0)


def test_a_worker_reconnects_after_the_master_restarts(tmp_path: Path) -> None:
    master = Master(tmp_path).create(LONG)
    worker = Worker(tmp_path, master.pb)
    (worker.dir / "b1").mkdir()
    (worker.dir / "b1" / "go").touch()
    with running(master, worker):
        master.wait_attached()
        master.stop()
        master.start()
        master.wait_attached()

        assert master.finished_build(master.force())["results"] == 0


def test_a_graceful_worker_ends_when_it_is_idle(tmp_path: Path) -> None:
    master = Master(tmp_path).create(LONG)
    worker = Worker(tmp_path, master.pb)
    with running(master, worker):
        master.wait_attached()

        master.control("workers/w1", "stop", reason="maintenance")

        assert worker.process.wait(30) == 0
        wait_for("the worker to be gone", lambda: not master.rows("workers/w1")[0]["connected_to"])


def test_a_wrong_password_is_refused_and_logged_once(tmp_path: Path) -> None:
    master = Master(tmp_path).create(LONG)
    worker = Worker(tmp_path, master.pb, "w1", "wrong")
    with running(master, worker):
        wait_for("two refusals", lambda: worker.log().count("unauthorized login") >= 2)

        assert not master.rows("workers/w1")[0]["connected_to"]
        refusals = [line for line in master.log().splitlines() if re.search(r"refus.*w1", line)]
        assert len(refusals) == 1, refusals


def test_an_unknown_worker_is_refused(tmp_path: Path) -> None:
    master = Master(tmp_path).create(LONG)
    worker = Worker(tmp_path, master.pb, "stranger", "pw1")
    with running(master, worker):
        wait_for("a refusal", lambda: "unauthorized login" in worker.log())

        assert [row["name"] for row in master.rows("workers")] == ["w1"]


def memory_mb(master: Master) -> float:
    pid = master.pid()
    assert pid is not None
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def send_garbage(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        try:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
        except OSError:
            pass  # the master closed it: that is the point


def test_garbage_on_the_ports_ends_only_its_connection(run_master: Callable[[str], Master]) -> None:
    master = run_master(LONG)
    pid = master.pid()
    random_bytes = random.Random(5)
    hostile = [
        b"",
        b"\x00" * 100_000,
        os.urandom(1_000_000),
        b"\x7f" * 100 + b"\x82",  # a number prefix that never ends
        b"\x7f\x7f\x7f\x7f\x82" + b"x" * 1_000_000,  # a string of 256 MB
        b"\x01\x80" * 100_000,  # lists in lists
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 2_000_000 + b"\r\n\r\n",
        b"POST /api/v2/builders HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n" + b"z" * 100_000,
        b"GET /api/v2/" + b"a/" * 50_000 + b" HTTP/1.1\r\n\r\n",
        *(
            bytes(random_bytes.choices(range(256), k=random_bytes.randrange(1, 5000)))
            for _ in range(50)
        ),
    ]
    for data in hostile:
        send_garbage(master.pb, data)
        send_garbage(master.http, data)
    before = memory_mb(master)
    for _ in range(10):
        for data in hostile:
            send_garbage(master.pb, data)
            send_garbage(master.http, data)

    assert master.pid() == pid
    assert memory_mb(master) - before < 20
    assert master.rows("workers/w1")[0]["connected_to"]
