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
