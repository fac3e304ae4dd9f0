# SPDX-License-Identifier: MIT
"""What must always hold is checked while a master runs, and REST says so."""

from __future__ import annotations

from pathlib import Path

from running import Master, Worker, running, wait_for

CONFIG = """
f = util.BuildFactory([steps.ShellCommand(command="echo hello", logEnviron=False)])
board = util.MasterLock("board", maxCount=2)
c["builders"] = [
    util.BuilderConfig(name=f"b{i}", workernames=["w1"], factory=f, collapseRequests=False,
                       locks=[board.access("counting")] if i % 2 else [])
    for i in range(8)
]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=[f"b{i}" for i in range(8)])]
"""
NAMES = {
    "eligible_and_idle", "lost_request", "zombie", "stop_deadline", "queues", "buildsets", "locks",
}  # fmt: skip


def test_a_busy_master_breaks_no_invariant_and_says_so(tmp_path: Path) -> None:
    made = Master(tmp_path).create(CONFIG)
    with running(made, Worker(tmp_path, made.pb)) as master:
        requests = [master.force(f"b{i % 8}") for i in range(40)]
        before = master.rows("invariants")
        assert {row["name"] for row in before} == NAMES

        assert master.cli("reconfig", str(master.dir)).returncode == 0
        wait_for(
            "another look",
            lambda: master.rows("invariants")[0]["checks"] > before[0]["checks"],
        )
        for request in requests:
            assert master.finished_build(request)["results"] == 0

        for row in master.rows("invariants"):
            assert (row["violations"], row["broken"], row["violation"]) == (0, 0, ""), row
            assert row["checked_at"] is not None
            assert row["violated_at"] is None
        assert not (master.dir / "invariants").exists()
        assert "broken invariant" not in master.log()
