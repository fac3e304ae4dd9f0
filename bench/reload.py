#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reloads under load: builds that run while the configuration changes again and again must not notice.

Real workers build long builds that print a numbered line now and then, and short ones beside them.
Each reload changes what the configuration holds: titles, properties, steps of the running builders,
builders, schedulers and workers that come and go. Afterwards each build must have gone through once,
with the steps of the configuration it began with and without a gap in its log.

Prints one JSON line; the exit status is 1 when a build was disturbed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "integration"))

from running import Master, Worker, running, wait_for

LONG = 'i=0; until [ -e "$GO" ]; do i=$((i+1)); echo line $i; sleep 0.2; done; echo ended after line $i'

CONFIG = """
ROUND, WORKERS, BUILDERS, GO = {round}, {workers}, {builders}, {go!r}
from buildbot.process import buildstep

class Own(buildstep.BuildStep):
    made_in = ROUND
    async def run(self):
        self.setProperty("own round", self.made_in, "Own")
        return 0

all_workers = ["w%d" % i for i in range(1, WORKERS + 1)]
c["title"] = "round %d" % ROUND
c["properties"] = {{"round": ROUND}}
c["workers"] = [worker.Worker(name, "p" + name) for name in all_workers]
c["workers"] += [worker.Worker("passing-%d" % ROUND, "x")]
last = steps.ShellCommand(name="last", command=["echo", "round", str(ROUND)])
long = util.BuildFactory([steps.ShellCommand(name="long", command=["sh", "-c", {long!r}], env={{"GO": GO}}), Own(name="own"), last])
short = util.BuildFactory([steps.ShellCommand(name="short", command="true"), Own(name="own"), last])
if ROUND % 3 == 0:
    long.addStep(steps.ShellCommand(name="more", command=["echo", "more"]))
c["builders"] = [
    util.BuilderConfig(name="long%d" % i, workernames=[all_workers[i % WORKERS]], factory=long, tags=["t%d" % (ROUND % 5)])
    for i in range(BUILDERS)
] + [util.BuilderConfig(name="short%d" % i, workernames=all_workers, factory=short) for i in range(WORKERS)]
c["builders"] += [util.BuilderConfig(name="passing-%d" % ROUND, workernames=all_workers, factory=short)]
names = [b.name for b in c["builders"]]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=names),
    schedulers.SingleBranchScheduler(name="passing-%d" % ROUND, builderNames=[names[-1]],
                                     change_filter=util.ChangeFilter(branch="b%d" % ROUND)),
    schedulers.SingleBranchScheduler(name="stays", treeStableTimer=3600 + ROUND, builderNames=[names[0]],
                                     change_filter=util.ChangeFilter(branch="never")),
]
"""


def status(master: Master) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(master.dir / "kilnbot.sock"))
        peer.sendall(b'{"verb": "status"}\n')
        answer: dict[str, Any] = json.loads(peer.makefile().readline())["result"]
        return answer


class Load:
    """Short builds, one after the other, until told to end."""

    def __init__(self, master: Master, builder: str) -> None:
        self.master, self.builder = master, builder
        self.requests: list[int] = []
        self.error = ""
        self.ending = False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            while not self.ending:
                self.requests.append(self.master.force(self.builder))
                self.master.finished_build(self.requests[-1], 120)
        except Exception as error:
            self.error = f"{self.builder}: {error!r}"

    def end(self) -> None:
        self.ending = True
        self.thread.join()


def disturbances(master: Master, request: int, round_: int | None) -> list[str]:
    """What is wrong with the builds of a request; `round_`: the configuration it must have had."""
    builds = master.rows(f"builds?buildrequestid={request}&property=own%20round&property=round")
    if len(builds) != 1:
        return [f"request {request}: {len(builds)} builds"]
    build = builds[0]
    found = []
    if build["results"] != 0:
        found.append(
            f"build {build['buildid']}: results {build['results']} {build['state_string']}"
        )
        return found
    of_build = build["properties"]["round"][0]
    if build["properties"]["own round"][0] != of_build or (
        round_ is not None and of_build != round_
    ):
        found.append(
            f"build {build['buildid']}: code of another configuration {build['properties']}"
        )
    steps = master.steps(build)
    text = master.log_text(next(step for step in steps if step["name"] == "last"))
    if f"oround {of_build}\n" not in text:
        found.append(f"build {build['buildid']}: a step of another configuration")
    for step in steps:
        if step["name"] != "long":
            continue
        lines = [int(n) for n in re.findall(r"^oline (\d+)$", master.log_text(step), re.M)]
        if not lines or lines != list(range(1, len(lines) + 1)):
            found.append(f"build {build['buildid']}: its log has gaps")
        if f"oended after line {len(lines)}\n" not in master.log_text(step):
            found.append(f"build {build['buildid']}: its log has no end")
    return found


def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    go = folder / "go"
    master = Master(folder)

    def configure(round_: int) -> None:
        values = {"round": round_, "workers": options.workers, "builders": options.builds}
        master.configure(CONFIG.format(go=str(go), long=LONG, **values))

    master.create("c['title'] = 'none'\n")
    configure(0)
    workers = [Worker(folder, master.pb, f"w{i}", f"pw{i}") for i in range(1, options.workers + 1)]
    with running(master, *workers):
        for i in range(1, options.workers + 1):
            master.wait_attached(f"w{i}")
        requests = [master.force(f"long{i}") for i in range(options.builds)]
        wait_for(
            "all builds",
            lambda: len(master.rows("builds?complete=false")) >= options.builds,
        )
        loads = [Load(master, f"short{i}") for i in range(options.churn)]
        stall = status(master).get("loop", {})
        seconds = []
        for round_ in range(1, options.reloads + 1):
            configure(round_)
            begin = time.monotonic()
            done = master.cli("reconfig", str(master.dir))
            seconds.append(time.monotonic() - begin)
            if done.returncode:
                raise SystemExit(f"reload {round_} failed: {done.stdout}")
        stall = status(master).get("loop", {})
        for load in loads:
            load.end()
        go.touch()
        for request in requests:
            master.finished_build(request, 120)
        disturbed = [text for request in requests for text in disturbances(master, request, 0)]
        disturbed += [load.error for load in loads if load.error]
        for load in loads:
            for request in load.requests:
                disturbed += disturbances(master, request, None)
        took = [float(t) for t in re.findall(r"update complete \(took ([\d.]+)", master.log())]
        return {
            "reloads": options.reloads,
            "long_builds": options.builds,
            "short_builds": sum(len(load.requests) for load in loads),
            "workers": options.workers,
            "disturbed": len(disturbed),
            "what": disturbed[:10],
            "command_s": {"median": statistics.median(seconds), "max": max(seconds)},
            "in_master_s": {"median": statistics.median(took), "max": max(took)},
            "loop_busy_max_ms": stall.get("busy_us", 0) / 1000,
            "loop_late_max_ms": stall.get("late_us", 0) / 1000,
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builds", type=int, default=50)
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument(
        "--churn", type=int, default=2, help="builders that build short builds meanwhile"
    )
    options = parser.parse_args()
    os.environ["KILNBOT_LOOP_STATS"] = "1"
    with tempfile.TemporaryDirectory(prefix="kilnbot-reload-") as folder:
        figures = measure(options, Path(folder))
    print(json.dumps(figures))
    return 1 if figures["disturbed"] else 0


if __name__ == "__main__":
    sys.exit(main())
