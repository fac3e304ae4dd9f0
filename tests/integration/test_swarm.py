# SPDX-License-Identifier: MIT
"""The benchmark's native swarm plays workers that a master cannot tell from real ones."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from running import ROOT, Master, running, wait_for

SWARM = ROOT / "build" / "dev" / "bench" / "swarm" / "bench_swarm"
COUNT = 20

CONFIG = f"""
c["workers"] = [worker.Worker(f"w{{i}}", "pw", max_builds=2) for i in range({COUNT})]
names = [w.name for w in c["workers"]]
lines = util.BuildFactory([steps.ShellCommand(command=["replay", "lines=20", "width=30"], name="print"),
                           steps.ShellCommand(command="replay bytes=3000000 chunk=9999", name="much"),
                           steps.ShellCommand(command=["replay", "rc=3"], name="fail", warnOnFailure=True,
                                              flunkOnFailure=False)])
long = util.BuildFactory([steps.ShellCommand(command=["replay", "sleep=3600"])])
c["builders"] = [util.BuilderConfig(name="b1", workernames=names, factory=lines),
                 util.BuilderConfig(name="long", workernames=names, factory=long)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1", "long"])]
c["collapseRequests"] = False
"""


@contextmanager
def swarm(master: Master) -> Iterator[subprocess.Popen[str]]:
    address = f"127.0.0.1:{master.pb}"
    process = subprocess.Popen(
        [SWARM, "--master", address, "--workers", str(COUNT), "--retry", "0.1"], text=True, stdout=subprocess.PIPE
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_builds_by_played_workers(tmp_path: Path) -> None:
    master = Master(tmp_path).create(CONFIG)
    with running(master), swarm(master) as played:
        assert played.stdout is not None
        assert json.loads(played.stdout.readline())["event"] == "all_attached"

        requests = [master.force() for _ in range(2 * COUNT)]
        builds = [master.finished_build(request) for request in requests]
        stopped = master.build_of(master.force("long"))
        wait_for("its step", lambda: master.steps(stopped)[1:])
        master.control(f"builds/{stopped['buildid']}", "stop", reason="enough")
        wait_for("its end", lambda: master.rows(f"builds/{stopped['buildid']}")[0]["complete"])

        assert {build["results"] for build in builds} == {1}  # warnings: the last step's rc is 3
        build = builds[0]
        text = master.log_text(master.step(build, "print"))
        assert [line for line in text.splitlines() if line.startswith("o")][
            19
        ] == "o0019 " + 24 * "x"
        much = master.text(f"builds/{build['buildid']}/steps/much/logs/stdio/raw")
        assert sum(len(line) + 1 for line in much.splitlines() if line.startswith("[ ")) > 2_900_000
        played.terminate()
        last = json.loads(played.communicate(timeout=10)[0].splitlines()[-1])
        assert last["builds"] >= 2 * COUNT + 1
        assert last["lost"] == 0
