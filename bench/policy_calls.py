# SPDX-License-Identifier: MIT
"""Calls a second from step coroutines to the master, without Twisted and with its Deferreds.

A build's one step runs the calls: `--at-once` coroutines, each awaiting one call after the other. Kinds: `get`
(`master.data.get(("masters", 1))`: over the border to the loop thread and a database reader, and back), `render` (an Interpolate: stays on the policy thread).

    python bench/policy_calls.py --master-cmd .venv/bin/kilnbot --work /tmp/policy --calls 100000
"""

import argparse
import asyncio
import json
import os
from types import SimpleNamespace

from master import Master, Swarm
from net import Events, Http

STEP = """
import asyncio, time
{imports}
from buildbot.process import buildstep

CALLS, AT_ONCE = {calls}, {at_once}

class Calls(buildstep.BuildStep):
    name = "calls"

    async def one(self, kind):
        for _ in range(CALLS // AT_ONCE):
            if kind == "get":
                await self.master.data.get(("masters", 1))
            else:
                await self.render(util.Interpolate("%(prop:builder)s"))

    async def run(self):
        for kind in ("get", "render"):
            began, cpu = time.monotonic(), time.thread_time()
            await asyncio.gather(*(self.one(kind) for _ in range(AT_ONCE)))
            wall, cpu = time.monotonic() - began, time.thread_time() - cpu
            self.setProperty(kind, [round(CALLS / wall), round(1e6 * cpu / CALLS, 2)], "bench")
        return 0

c["builders"].append(util.BuilderConfig(name="calls", workernames=["w0"], factory=util.BuildFactory([Calls()])))
c["schedulers"].append(schedulers.ForceScheduler(name="calls", builderNames=["calls"]))
"""


async def measure(opts, imports):
    master = Master(opts, builders=1, workers=1, steps=1, force_all=False)
    master.create()
    with open(os.path.join(master.base, "master.cfg"), "a") as f:
        f.write(STEP.format(imports=imports, calls=opts.calls, at_once=opts.at_once))
    try:
        await master.start()
        async with Swarm(master, 1) as swarm:
            await swarm.all_attached()
            events, conn = await Events.open(master.http), Http(master.http)
            brid = await conn.force((await master.builder_ids())["calls"], "calls")
            assert await events.until(lambda: brid in events.finished, opts.cap)
            build = events.builds[brid]
            answer = await conn.get(f"/api/v2/builds/{build['buildid']}/properties")
            found = answer["properties"][0]
            return {k: found[k][0] for k in ("get", "render")}
    finally:
        master.stop()


async def main(opts):
    for name, imports in (
        ("asyncio", ""),
        ("twisted", "from twisted.internet import defer, reactor"),
    ):
        load = os.getloadavg()[0]
        figures = await measure(opts, imports)
        for kind, (rate, cpu) in figures.items():
            line = {
                "mode": name,
                "kind": kind,
                "calls_per_s": rate,
                "policy_cpu_us": cpu,
                "load1": load,
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--master-cmd", required=True)
    ap.add_argument("--work", required=True, help="a folder for the master's files (emptied)")
    ap.add_argument("--port", type=int, default=22100)
    ap.add_argument("--calls", type=int, default=100_000)
    ap.add_argument("--at-once", type=int, default=100)
    ap.add_argument("--cap", type=float, default=300)
    given = vars(ap.parse_args())
    opts = SimpleNamespace(**given, db="sqlite", db_reset=None, swarm=None)
    opts.work = os.path.abspath(opts.work)
    asyncio.run(main(opts))
