#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Steps a second: making step objects, and running trivial Python steps, one build after another and many at once.

    python bench/step_rate.py                                 # ours
    python bench/step_rate.py --master-cmd UPSTREAM/bin/buildbot --python UPSTREAM/bin/python   # Buildbot

Steps are counted from the first step's begin to the last one's end, as the steps see it. One JSON line a figure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from running import MASTER_CMD, Master, Worker, wait_for  # noqa: E402

MAKE = """
import json, time
from buildbot.plugins import steps
COUNT = {count}
made, began = [], time.perf_counter()
for number in range(COUNT):
    made.append(steps.ShellCommand(name="compile", command=["make", "all"], haltOnFailure=True))
print(json.dumps(round(COUNT / (time.perf_counter() - began))))
"""

CONFIG = """
import time
from buildbot.process import buildstep
STEPS, BUILDERS = {steps}, {builders}

class Nothing(buildstep.BuildStep):
    async def run(self):
        return 0

class Mark(buildstep.BuildStep):
    async def run(self):
        self.setProperty(self.name, time.time(), "bench")
        return 0

f = util.BuildFactory()
f.addStep(Mark(name="began"))
for number in range(STEPS - 2):
    f.addStep(Nothing(name=f"s{{number}}"))
f.addStep(Mark(name="ended"))
names = [f"b{{number}}" for number in range(BUILDERS)]
c["builders"] = [util.BuilderConfig(name=name, workernames=["w1"], factory=f) for name in names]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=names)]
"""


def made(python: list[str], count: int) -> int:
    """Step objects a second."""
    done = subprocess.run(
        [*python, "-c", MAKE.format(count=count)], check=True, capture_output=True, text=True
    )
    return int(json.loads(done.stdout.splitlines()[-1]))


def span(master: Master, request: int) -> tuple[float, float]:
    """When the first step of a finished build began and the last one ended."""
    build = master.finished_build(request)
    assert build["results"] == 0, build
    properties = master.rows(f"builds/{build['buildid']}/properties")[0]
    return properties["began"][0], properties["ended"][0]


def ran(command: str, steps: int, builders: int, builds: int) -> dict[str, Any]:
    """Steps a second of builds one after another, then of one build of each builder at once."""
    with tempfile.TemporaryDirectory(prefix="kiln-step-rate-") as folder:
        master = Master(Path(folder), command=command)
        master.create(CONFIG.format(steps=steps, builders=builders))
        master.start()
        worker = Worker(Path(folder), master.pb, "w1", "pw1").start()
        try:
            master.wait_attached("w1")
            one = [span(master, master.force("b0")) for _ in range(builds)]
            requests = [master.force(f"b{number}") for number in range(builders)]
            wait_for("all builds", lambda: all(r["complete"] for r in master.rows("buildrequests")))
            many = [span(master, request) for request in requests]
        finally:
            worker.stop()
            master.stop()
    alone = builds * steps / sum(end - begin for begin, end in one)
    together = builders * steps / (max(e for _, e in many) - min(b for b, _ in many))
    return {"one_after_another": round(alone), "at_once": round(together), "builders": builders}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--master-cmd", default=MASTER_CMD)
    parser.add_argument("--python", help="a Python that imports buildbot; by default MASTER python")
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=200, help="of each build")
    parser.add_argument("--builders", type=int, default=50)
    parser.add_argument("--builds", type=int, default=5)
    options = parser.parse_args()
    python = [options.python] if options.python else [options.master_cmd, "python"]
    load = os.getloadavg()[0]
    rate = made(python, options.objects)
    print(
        json.dumps({"step_objects_per_s": rate, "objects": options.objects, "load1": load}),
        flush=True,
    )
    found = ran(options.master_cmd, options.steps, options.builders, options.builds)
    print(json.dumps({"steps_per_s": found, "steps_a_build": options.steps, "load1": load}))


if __name__ == "__main__":
    main()
