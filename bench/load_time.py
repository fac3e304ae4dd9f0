#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long large configurations take to load, and how much memory, beside Buildbot 4.3.0.

Both masters get the same file: builders of five steps each (Git, Configure, Compile, Test, one ShellCommand with Interpolate),
with a worker, properties and a scheduler each. Measured are `checkconfig` (the language alone) and `start` with an empty
database until REST has all builders (what a user waits for); CPU seconds, as other work on the machine does not count in
them. What an almost empty file takes is measured too and left out of the ratios. The floor counts for `start`.

    .venv/bin/python bench/load_time.py [--upstream VENV] [--builders 1000 5000] [--times 3]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from running import Master, wait_for  # noqa: E402

FLOOR = 5.0

CONFIG = """
from buildbot.plugins import changes, schedulers, steps, util, worker

c = BuildmasterConfig = {{}}
c["protocols"] = {{"pb": {{"port": 9989}}}}
c["buildbotNetUsageData"] = None
c["workers"] = [worker.Worker(f"w{{n}}", "pw", max_builds=2) for n in range(max({builders} // 10, 1))]
c["builders"] = []
for n in range({builders}):
    factory = util.BuildFactory()
    factory.addStep(steps.Git(repourl=f"https://git.example.org/p{{n}}.git", mode="incremental", branch="main"))
    factory.addStep(steps.Configure(command=["cmake", "-S", ".", "-B", "out"], env={{"CC": "gcc"}}))
    factory.addStep(steps.Compile(command=["make", "-j", util.Property("jobs", default="2")], haltOnFailure=True))
    factory.addStep(steps.Test(command=["ctest", "--test-dir", "out"], maxTime=3600, logfiles={{"log": "out/log"}}))
    factory.addStep(
        steps.ShellCommand(
            name="publish",
            command=["scp", "out.tar", util.Interpolate("host:%(prop:buildername)s/%(src::branch:-main)s")],
            doStepIf=True,
            description="publishing",
            descriptionDone="published",
        )
    )
    c["builders"].append(
        util.BuilderConfig(
            name=f"b{{n}}",
            workernames=[f"w{{n // 10 % len(c['workers'])}}"],
            factory=factory,
            tags=["load", f"team{{n % 20}}"],
            properties={{"team": n % 20}},
            env={{"LANG": "C"}},
        )
    )
names = [builder.name for builder in c["builders"]]
c["schedulers"] = [
    schedulers.SingleBranchScheduler(
        name=f"s{{n}}",
        change_filter=util.ChangeFilter(branch="main", repository=f"https://git.example.org/p{{n}}.git"),
        builderNames=[name],
    )
    for n, name in enumerate(names)
]
c["schedulers"].append(schedulers.ForceScheduler(name="force", builderNames=names))
"""


WWW = """
c["www"] = {{"port": "tcp:{http}:interface=127.0.0.1", "plugins": {{}}}}
c["db"] = {{"db_url": "sqlite:///state.sqlite"}}
c["protocols"] = {{"pb": {{"port": "tcp:{pb}:interface=127.0.0.1"}}}}
"""


@dataclass
class Cost:
    wall_s: float
    cpu_s: float
    mb: float


def start(command: Path, folder: Path, builders: int) -> Cost:
    master = Master(folder, command=str(command))
    shutil.rmtree(master.dir, ignore_errors=True)
    made = subprocess.run(
        [str(command), "create-master", "-q", str(master.dir)],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if made.returncode:
        sys.exit(f"{command} create-master failed")
    (master.dir / "master.cfg").write_text(
        CONFIG.format(builders=builders) + WWW.format(http=master.http, pb=master.pb)
    )
    begin = time.perf_counter()
    with subprocess.Popen(
        [str(command), "start", "--nodaemon", str(master.dir)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        try:
            wait_for(
                "all builders",
                # The name: another program's master may have got the port in the meantime.
                lambda: (
                    master.get("builders?limit=1")["meta"]["total"] == builders
                    and master.get("builders?name=b0&limit=1")["meta"]["total"] == 1
                ),
                7200,
            )
            wall = time.perf_counter() - begin
            process = psutil.Process(master.pid() or child.pid)
            used, memory = process.cpu_times(), process.memory_info().rss
        finally:
            child.kill()  # with so many builders Buildbot takes minutes to stop
    return Cost(wall, used.user + used.system, memory / 2**20)


def check(command: Path, folder: Path, builders: int) -> Cost:
    config = folder / "master.cfg"
    config.write_text(CONFIG.format(builders=builders))
    begin = time.perf_counter()
    process = subprocess.Popen(
        [str(command), "checkconfig", "-q", str(config)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} checkconfig failed with {builders} builders")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def best(
    measure: Callable[..., Cost], command: Path, folder: Path, builders: int, times: int
) -> Cost:
    costs = [measure(command, folder, builders) for _ in range(times)]
    return Cost(*(min(getattr(cost, key) for cost in costs) for key in ("wall_s", "cpu_s", "mb")))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", default=str(ROOT / ".venv" / "bin" / "kilnbot"))
    parser.add_argument(
        "--upstream",
        default=os.environ.get("KILN_UPSTREAM"),
        help="an environment with Buildbot 4.3.0",
    )
    parser.add_argument("--builders", type=int, nargs="*", default=[1000, 5000])
    parser.add_argument(
        "--start-builders",
        type=int,
        nargs="*",
        default=[1000],
        help="for start: Buildbot takes minutes for 1000",
    )
    parser.add_argument("--times", type=int, default=3, help="of these, the best counts")
    parser.add_argument("--json", help="also write the figures there")
    options = parser.parse_args()
    masters = {"kilnbot": Path(options.ours)}
    if options.upstream:
        masters["buildbot"] = Path(options.upstream) / "bin" / "buildbot"
    folder = Path(tempfile.mkdtemp(prefix="kiln-load-"))
    phases = {"checkconfig": check, "start": start}
    sizes = {"checkconfig": options.builders, "start": options.start_builders}
    costs: dict[str, dict[int, dict[str, Cost]]] = {phase: {} for phase in phases}
    try:
        for phase, measure in phases.items():
            for builders in [1, *sizes[phase]]:
                row = costs[phase][builders] = {}
                for name, command in masters.items():
                    cost = row[name] = best(measure, command, folder, builders, options.times)
                    print(
                        f"{phase:11}  {builders:5} builders  {name:8}  {cost.wall_s:7.2f} s  {cost.cpu_s:7.2f} s CPU  "
                        f"{cost.mb:6.0f} MB",
                        flush=True,
                    )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.json:
        Path(options.json).write_text(json.dumps(costs, default=asdict, indent=1))
    if "buildbot" not in masters:
        return 0
    ratios = {phase: [ratio(phase, costs[phase], n) for n in sizes[phase]] for phase in phases}
    return int(any(times < FLOOR for times in ratios["start"]))


def ratio(phase: str, costs: dict[int, dict[str, Cost]], builders: int) -> float:
    """How many times less CPU ours needs, an almost empty configuration left out."""
    net = {name: costs[builders][name].cpu_s - costs[1][name].cpu_s for name in costs[builders]}
    memory = {name: costs[builders][name].mb for name in costs[builders]}
    times = net["buildbot"] / max(net["kilnbot"], 0.01)  # small ones cannot be told from starting
    print(
        f"{phase}, {builders} x 5 steps: {times:.1f} times faster ({net['kilnbot']:.2f} s CPU against "
        f"{net['buildbot']:.2f} s), {memory['kilnbot']:.0f} MB against {memory['buildbot']:.0f} MB"
    )
    return times


if __name__ == "__main__":
    sys.exit(main())
