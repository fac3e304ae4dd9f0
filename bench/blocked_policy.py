# SPDX-License-Identifier: MIT
"""What Python that blocks the policy thread costs everybody else: nothing, if the master is right.

`--clients` clients each force a native build, wait for its end and force the next, first with the policy thread free,
then while a Python step (or, with `--what canStartBuild`, such a function) holds it. Reports builds a second, force -> started, and a REST probe of 20 Hz for both.

    python bench/blocked_policy.py --master-cmd .venv/bin/kilnbot --work /tmp/blocked --secs 60
"""

import argparse
import asyncio
import json
import os
import time
from types import SimpleNamespace

from master import Master, Swarm
from measuring import Meter, settle
from net import Events, Http, Probe, quantiles

STEP = """
import os
from buildbot.process import buildstep
class Blocks(buildstep.BuildStep):
    name = "blocks"
    def run(self):
        if HOLDER == "step":
            holds()
        return 0
def holds():
    open(os.path.join(basedir, "asked"), "w").close()
    open(os.path.join(basedir, "fifo")).read()
    return True
def can_start(builder, wfb, request):
    return holds()
KilnbotConfig = {"callback_deadline": 600}
c["builders"].append(util.BuilderConfig(name="blocks", workernames=["w0"], factory=util.BuildFactory([Blocks()]),
                                        canStartBuild=can_start if HOLDER == "canStartBuild" else None))
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
        f.write(f"\nHOLDER = {opts.what!r}\n{STEP}")
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
            while not os.path.exists(os.path.join(master.base, "asked")):
                await asyncio.sleep(0.01)
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
    ap.add_argument("--what", choices=["step", "canStartBuild"], default="step")
    ap.add_argument("--secs", type=float, default=60)
    ap.add_argument("--clients", type=int, default=4)
    ap.add_argument("--swarm", help="the native swarm; else swarm.py")
    opts = SimpleNamespace(**vars(ap.parse_args()), db="sqlite", db_reset=None)
    opts.work = os.path.abspath(opts.work)
    asyncio.run(main(opts))
