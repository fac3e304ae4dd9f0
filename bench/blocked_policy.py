# SPDX-License-Identifier: MIT
"""What a step that blocks the policy thread costs everybody else: nothing, if the master is right.

`--clients` clients each force a native build, wait for its end and force the next, first with the policy thread free,
then while a Python step holds it. Reports builds a second, force -> started, and a REST probe of 20 Hz for both.

    python bench/blocked_policy.py --master-cmd .venv/bin/kilnbot --work /tmp/blocked --secs 60
"""

import argparse
import asyncio
import json
import os
import time
from types import SimpleNamespace

from master import Master, Swarm
from net import Events, Http, Probe, quantiles

from bench import Meter, settle

STEP = """
import os
from buildbot.process import buildstep
class Blocks(buildstep.BuildStep):
    name = "blocks"
    def run(self):
        open(os.path.join(basedir, "fifo")).read()
        return 0
c["builders"].append(util.BuilderConfig(name="blocks", workernames=["w0"], factory=util.BuildFactory([Blocks()])))
c["schedulers"].append(schedulers.ForceScheduler(name="blocks", builderNames=["blocks"]))
"""


async def load(master, events, ids, secs, clients):
    started, end = [], time.monotonic() + secs

    async def client(n):
        conn = Http(master.http)
        while time.monotonic() < end:
            t = time.monotonic()
            brid = await conn.force(ids[n % len(ids)])
            assert await events.until(lambda: brid in events.finished, 30), "a build did not end"
            started.append(events.started[brid] - t)
        conn.close()

    began = time.monotonic()
    await asyncio.gather(*(client(n) for n in range(clients)))
    p50, p99 = quantiles(started, 0.5, 0.99)
    return {
        "builds": len(started),
        "builds_per_s": round(len(started) / (time.monotonic() - began), 1),
        "force_started_p50_ms": p50,
        "force_started_p99_ms": p99,
    }


async def phase(name, master, swarm, events, ids, opts):
    load1, meter = os.getloadavg()[0], Meter(master, swarm)
    async with Probe(master.http, 20) as probe:
        figures = await load(master, events, ids, opts.secs, opts.clients)
    print(
        json.dumps(
            {"policy": name, "load1": load1, **figures, **probe.result("rest"), **meter.result()}
        ),
        flush=True,
    )


async def main(opts):
    master = Master(opts, builders=50, workers=20, steps=5)
    master.create()
    fifo = os.path.join(master.base, "fifo")
    os.mkfifo(fifo)
    with open(os.path.join(master.base, "master.cfg"), "a") as f:
        f.write(STEP)
    try:
        await master.start()
        async with Swarm(master, 20) as swarm:
            await swarm.all_attached()
            events, conn = await Events.open(master.http), Http(master.http)
            names = await master.builder_ids()
            ids = [i for name, i in names.items() if name != "blocks"]
            await load(master, events, ids, 3, opts.clients)
            await settle(master)
            await phase("free", master, swarm, events, ids, opts)
            await settle(master)
            held = await conn.force(names["blocks"], "blocks")
            assert await events.until(lambda: held in events.started, 30)
            began = time.monotonic()
            await phase("blocked", master, swarm, events, ids, opts)
            still = held not in events.finished
            with open(fifo, "w") as f:
                f.write("go on")
            assert await events.until(lambda: held in events.finished, 30)
            assert still
            assert events.builds[held]["results"] == 0
            with open(os.path.join(master.base, "twistd.log")) as f:
                reports = f.read().count("blocks the policy thread")
            print(
                json.dumps({"blocked_s": round(time.monotonic() - began, 1), "reports": reports}),
                flush=True,
            )
    finally:
        master.stop()


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--master-cmd", required=True)
    ap.add_argument("--work", required=True, help="a folder for the master's files (emptied)")
    ap.add_argument("--port", type=int, default=22200)
    ap.add_argument("--secs", type=float, default=60)
    ap.add_argument("--clients", type=int, default=4)
    ap.add_argument("--swarm", help="the native swarm; else swarm.py")
    opts = SimpleNamespace(**vars(ap.parse_args()), db="sqlite", db_reset=None)
    opts.work = os.path.abspath(opts.work)
    asyncio.run(main(opts))
