# SPDX-License-Identifier: MIT
"""A master that is killed loses nothing."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

from running import Master, Worker, running, wait_for

CONFIG = """
c["collapseRequests"] = False
f = util.BuildFactory()
for i in range(6):
    f.addStep(steps.ShellCommand(name=f"s{i}", command=["sh", "-c", "for i in 1 2 3 4 5; do echo line $i; sleep 0.02; done"]))
c["builders"] = [util.BuilderConfig(name=f"b{i}", workernames=["w1"], factory=f) for i in range(3)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b0", "b1", "b2"])]
"""
KILLS = 10


def unfinished(path: Path) -> dict[str, int]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        counts = {
            table: database.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()[0]
            for table, condition in {
                "builds": "complete_at IS NULL",
                "steps": "complete_at IS NULL",
                "logs": "complete = 0",
                "buildrequests": "complete = 0",
                "buildsets": "complete = 0",
            }.items()
        }
        counts["integrity"] = int(database.execute("PRAGMA integrity_check").fetchone()[0] != "ok")
    database.close()
    return counts


def test_killed_at_random_moments_every_request_is_built_in_the_end(tmp_path: Path) -> None:
    moments = random.Random(3)
    master = Master(tmp_path).create(CONFIG)
    requests = []
    with running(master, Worker(tmp_path, master.pb)):
        for _ in range(KILLS):
            master.wait_attached()
            requests += [master.force(f"b{i}") for i in range(3)]
            wait_for("a running build", lambda: master.rows("builds?complete=false"))
            time.sleep(moments.uniform(0, 0.5))
            master.kill()
            master.start()
        builds = {request: master.finished_build(request, limit_s=120) for request in requests}

        assert {build["results"] for build in builds.values()} == {0}
        retried = [build for build in master.rows("builds") if build["results"] == 5]
        assert retried, "no build was interrupted: the test killed nothing"
        for build in retried:
            assert build["complete"] and build["buildrequestid"] in builds
        wait_for("the buildsets", lambda: all(row["complete"] for row in master.rows("buildsets")))

    assert set(unfinished(master.dir / "state.sqlite").values()) == {0}


def test_the_log_of_a_killed_build_can_be_read(tmp_path: Path) -> None:
    master = Master(tmp_path).create(
        """
f = util.BuildFactory([steps.ShellCommand(name="talk", command=["sh", "-c", "echo first words; sleep 600"])])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""
    )
    worker = Worker(tmp_path, master.pb)
    with running(master, worker):
        master.wait_attached()
        build = master.build_of(master.force())
        step = wait_for(
            "the step", lambda: [s for s in master.steps(build) if s["name"] == "talk"]
        )[0]
        wait_for("the output", lambda: "ofirst words\n" in master.log_text(step), limit_s=30)
        wait_for(
            "the log file",
            lambda: [
                p for p in (master.dir / "kiln-logs").rglob("*.klog") if p.stat().st_size > 50
            ],
        )
        master.kill()
        worker.stop()
        master.start()

        text = master.log_text(step)
        log = master.rows(f"steps/{step['stepid']}/logs")[0]
        assert "ofirst words\n" in text
        assert (log["complete"], log["num_lines"]) == (True, text.count("\n"))
        assert master.rows(f"builds/{build['buildid']}")[0]["results"] == 5
