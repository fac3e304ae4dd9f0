# SPDX-License-Identifier: MIT
"""Builds on workers that speak msgpack over a websocket: the unmodified other one, and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from running import ROOT, Master, Worker, running, wait_for

OWN = str(ROOT / ".venv" / "bin" / "kilnbot-worker")
OTHER = str(ROOT / ".venv" / "bin" / "buildbot-worker")
PROTOCOL = "msgpack_experimental_v7"
CONFIG = """
c["protocols"] = {{"msgpack_experimental_v7": {{"port": "tcp:{port}:interface=127.0.0.1"}}}}
f = util.BuildFactory([
    steps.ShellCommand(name="hello", command=["sh", "-c", "echo out; echo err >&2; echo $PWD"]),
    steps.ShellCommand(name="where", command=util.Interpolate("echo %(prop:buildername)s-%(prop:buildnumber)s")),
])
slow = util.BuildFactory([steps.ShellCommand(name="long", command=["sleep", "600"])])
c["builders"] = [
    util.BuilderConfig(name="b1", workernames=["w1"], factory=f),
    util.BuilderConfig(name="slow", workernames=["w1"], factory=slow, workerbuilddir="some/where"),
]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1", "slow"])]
"""


@pytest.fixture(params=[OTHER, OWN], ids=["theirs", "ours"])
def pair(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], tuple[Master, Worker]]]:
    """Makes and starts a master and a worker that speak msgpack."""
    with ExitStack() as stack:

        def run() -> tuple[Master, Worker]:
            master = Master(tmp_path)
            master.create(CONFIG.format(port=master.pb))
            worker = Worker(tmp_path, master.pb, command=request.param, protocol=PROTOCOL)
            stack.enter_context(running(master, worker))
            master.wait_attached()
            return master, worker

        yield run


def test_a_forced_build_runs_its_steps(pair: Callable[[], tuple[Master, Worker]]) -> None:
    master, worker = pair()

    build = master.finished_build(master.force(reason="why not"))

    assert (build["results"], build["state_string"], build["number"]) == (0, "build successful", 1)
    steps = master.steps(build)
    assert [step["name"] for step in steps] == ["worker_preparation", "hello", "where"]
    hello = master.log_text(steps[1])
    assert "oout\n" in hello and "eerr\n" in hello and f"o{worker.dir}/b1/build\n" in hello
    assert "program finished with exit code 0" in hello
    assert "ob1-1\n" in master.log_text(steps[2])


def test_a_stopped_build_ends_cancelled(pair: Callable[[], tuple[Master, Worker]]) -> None:
    master, worker = pair()
    request = master.force("slow")
    build = master.build_of(request)
    wait_for(
        "the long step",
        lambda: [s for s in master.steps(build) if s["name"] == "long" and s["started_at"]],
    )
    assert (worker.dir / "some" / "where").is_dir()

    master.control(f"builds/{build['buildid']}", "stop", reason="no longer needed")

    assert master.finished_build(request)["results"] == 6


def test_a_worker_that_comes_back_goes_on(pair: Callable[[], tuple[Master, Worker]]) -> None:
    master, worker = pair()
    worker.stop()
    wait_for("the worker's end", lambda: not master.rows("workers/w1")[0]["connected_to"])

    worker.start()
    master.wait_attached()

    assert master.finished_build(master.force())["results"] == 0
