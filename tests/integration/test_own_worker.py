# SPDX-License-Identifier: MIT
"""kilnbot-worker with a real master, and in the directory of the other worker."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import ROOT, Master, Worker, running, wait_for

OWN = str(ROOT / ".venv" / "bin" / "kilnbot-worker")
OTHER = str(ROOT / ".venv" / "bin" / "buildbot-worker")

CONFIG = """
f = util.BuildFactory([
    steps.ShellCommand(name="output", command="echo out; echo err >&2; echo log > x.log; echo $GREETING",
                       env={"GREETING": "hällo"}, logfiles={"x": "x.log"}),
    steps.ShellCommand(name="fails", command=["sh", "-c", "exit 3"], flunkOnFailure=False),
    steps.ShellCommand(name="too long", command="sleep 60", timeout=1, flunkOnFailure=False),
    steps.ShellCommand(name="much", command="seq 1 100000"),
])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""
LONG = """
f = util.BuildFactory([steps.ShellCommand(name="long", command="(trap '' TERM HUP INT; exec sleep 31415) & wait")])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


def check_build(master: Master) -> None:
    build = master.finished_build(master.force())
    results = {step["name"]: step["results"] for step in master.steps(build)}
    assert (results["output"], results["fails"], results["too long"], results["much"]) == (
        0,
        2,
        2,
        0,
    )
    text = master.log_text(master.step(build, "output"))
    assert "oout\n" in text and "eerr\n" in text and "ohällo\n" in text
    assert master.log_text(master.step(build, "output"), "x") == "olog\n"
    assert "without output running b'sleep 60'" in master.log_text(master.step(build, "too long"))
    much = master.log_text(master.step(build, "much"))
    assert [line[1:] for line in much.splitlines() if line[0] == "o"] == [
        str(number) for number in range(1, 100_001)
    ]


def test_a_build_of_our_worker(tmp_path: Path) -> None:
    master = Master(tmp_path).create(CONFIG)
    with running(master, Worker(tmp_path, master.pb, command=OWN)):
        master.wait_attached()

        check_build(master)


@pytest.mark.parametrize("first, second", [(OTHER, OWN), (OWN, OTHER)], ids=["theirs", "ours"])
def test_both_workers_use_one_directory(tmp_path: Path, first: str, second: str) -> None:
    master = Master(tmp_path).create(CONFIG)
    worker = Worker(tmp_path, master.pb, command=first)
    worker.command = second
    with running(master, worker):
        master.wait_attached()

        check_build(master)


def test_a_stopped_build_leaves_no_process(tmp_path: Path) -> None:
    import psutil

    def sleepers() -> list[int]:
        return [
            process.pid
            for process in psutil.process_iter(["cmdline"])
            if (process.info["cmdline"] or [])[-1:] == ["31415"]
        ]

    master = Master(tmp_path).create(LONG)
    with running(master, Worker(tmp_path, master.pb, command=OWN)):
        master.wait_attached()
        request = master.force()
        build = master.build_of(request)
        wait_for("the program", sleepers)

        master.control(f"builds/{build['buildid']}", "stop", reason="enough")

        assert master.finished_build(request)["results"] == 6
        wait_for("the end of the program", lambda: not sleepers(), 10)
