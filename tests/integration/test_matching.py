# SPDX-License-Identifier: MIT
"""Functions that choose requests and workers, on a master that runs: slow ones hold up nobody else; priorities count."""

from __future__ import annotations

import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Master, Worker, running, wait_for

CONFIG = """
import time

KilnbotConfig = {"callback_deadline": 2}
f = util.BuildFactory([steps.ShellCommand(command="true", logEnviron=False)])
asked = os.path.join(basedir, "asked")

def sleeps(builder, wfb, request):
    open(asked, "a").close()
    if not os.path.exists(os.path.join(basedir, "awake")):
        time.sleep(60)
    return True

c["builders"] = [
    util.BuilderConfig(name="slow", workernames=["w1"], factory=f, canStartBuild=sleeps),
    util.BuilderConfig(name="plain", workernames=["w1"], factory=f),
    util.BuilderConfig(name="absent", workernames=["w2"], factory=f, collapseRequests=False),
]
c["workers"].append(worker.Worker("w2", "pw2"))
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["slow", "plain", "absent"])
]
"""


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    folder: Path = tmp_path_factory.mktemp("matching")
    made = Master(folder).create(CONFIG)
    with running(made, Worker(folder, made.pb)):
        yield made


def test_builders_without_functions_do_not_wait_for_one_that_sleeps(master: Master) -> None:
    slow = master.force("slow")
    wait_for("the question", (master.dir / "asked").exists)

    build = master.finished_build(master.force("plain"))

    assert build["results"] == 0
    assert not master.rows(f"buildrequests/{slow}")[0]["complete"]
    wait_for("the end of its patience", lambda: "timed out after 2 s" in master.log())
    (master.dir / "awake").touch()
    assert master.finished_build(slow)["results"] == 0


def test_a_priority_is_set_by_rest(master: Master) -> None:
    requests = [master.force("absent") for _ in range(3)]
    master.control(f"buildrequests/{requests[1]}", "set_priority", priority=5)

    rows = master.rows("buildrequests?builderid__eq=3&order=-priority")
    rows = [row for row in rows if row["buildrequestid"] in requests]
    assert [row["priority"] for row in rows] == [5, 0, 0]
    assert rows[0]["buildrequestid"] == requests[1]
    with pytest.raises(urllib.error.HTTPError, match="400"):
        master.control(f"buildrequests/{requests[0]}", "set_priority", priority="high")


def test_why_a_request_waits_is_told_by_rest(master: Master) -> None:
    request = master.force("absent")
    builder = master.builder_id("absent")

    row = master.rows(f"buildrequests/{request}/waiting")[0]
    assert row["buildrequestid"] == request
    assert row["builderid"] == builder
    assert row["text"] == 'worker "w2" is not connected'
    assert row["reasons"] == [
        {
            "kind": "not_connected",
            "text": 'worker "w2" is not connected',
            "worker": "w2",
            "builds": [],
            "lock": None,
            "until": None,
        }
    ]
    queue = master.rows(f"builders/{builder}/waiting")
    assert [row["position"] for row in queue] == [*range(1, len(queue) + 1)]
    assert request in [row["buildrequestid"] for row in queue]
    master.control(f"buildrequests/{request}", "cancel", reason="enough")
    wait_for("the end", lambda: master.rows(f"buildrequests/{request}")[0]["complete"])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        master.rows(f"buildrequests/{request}/waiting")
