# SPDX-License-Identifier: MIT
"""Long queues: how soon a build starts beside one, how long a master takes to start with one.

dispatch  `--waiting` requests of `--builders` builders wait for 50 workers that are paused. Builds of ten other builders
          on ten other workers are forced, 20 a second: POST -> started, first while the queue stands still, then
          while the 50 workers work it off.
cold      a master is started on a database of `--waiting` requests that wait, of `--builders` builders: seconds
          until it answers, memory, and seconds from the first worker's coming to the first build.

    python bench/queues.py dispatch --master-cmd .venv/bin/kilnbot --work /tmp/queues
"""

import argparse
import asyncio
import json
import os
import sqlite3
import time
from types import SimpleNamespace

from master import Master, Swarm
from measuring import Meter, force_many, settle
from net import Events, Http, quantiles
from seed import run

CONFIG = """
short = factory(["replay", "lines=20"], 1)
c["builders"] = [
    util.BuilderConfig(name="b%d" % i, workernames=["w%d" % ((i * 10 + j) % 50) for j in range(10)], factory=short)
    for i in range({builders})
] + [
    util.BuilderConfig(name="quick%d" % i, workernames=["w%d" % w for w in range(50, 60)], factory=short)
    for i in range(10)
]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=[b.name for b in c["builders"]])]
"""


def made(opts):
    master = Master(opts, workers=60, builders=1)
    master.create()
    with open(os.path.join(master.base, "master.cfg"), "a") as f:
        f.write(CONFIG.format(builders=opts.builders))
    return master


async def force_steadily(master, events, ids, rate, goes_on):
    """Open loop: POST -> started of each, in seconds."""
    sent, tasks = {}, set()
    free = [Http(master.http) for _ in range(32)]

    async def one(builder):
        conn = free.pop() if free else Http(master.http)
        t = time.monotonic()
        sent[await conn.force(builder)] = t
        free.append(conn)

    t0, n = time.monotonic(), 0
    while goes_on(time.monotonic() - t0):
        task = asyncio.create_task(one(ids[n % len(ids)]))
        tasks.add(task)
        n += 1
        await asyncio.sleep(max(0, t0 + n / rate - time.monotonic()))
    await asyncio.gather(*tasks)
    assert await events.until(lambda: all(r in events.started for r in sent), 120)
    return [events.started[r] - t for r, t in sent.items()]


def figures(delays):
    p50, p99, worst = quantiles(delays, 0.5, 0.99, 1)
    return {"builds": len(delays), "start_p50_ms": p50, "start_p99_ms": p99, "start_max_ms": worst}


async def control(conn, path, method):
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"reason": "bench"}}
    status, body = await conn.request("POST", f"/api/v2/{path}", json.dumps(call).encode())
    assert status == 200, body


async def dispatch(opts, say):
    master = made(opts)
    try:
        await master.start()
        async with Swarm(master, 60) as swarm:
            await swarm.all_attached()
            events, conn, names = (
                await Events.open(master.http),
                Http(master.http),
                await master.builder_ids(),
            )
            quick = [names[f"quick{i}"] for i in range(10)]
            pauses = [
                w["workerid"]
                for w in (await conn.get("/api/v2/workers"))["workers"]
                if int(w["name"][1:]) < 50
            ]
            for worker in pauses:
                await control(conn, f"workers/{worker}", "pause")
            queued, took = await force_many(
                master.http, [names[f"b{i}"] for i in range(opts.builders)], opts.waiting
            )
            await settle(master)
            meter = Meter(master, swarm)
            delays = await force_steadily(master, events, quick, 20, lambda t: t < opts.secs)
            say({"queue": "stands", "waiting": opts.waiting, "queued_s": round(took, 1), **figures(delays),
                 "rss_mb": master.rss_mb(), **meter.result()})  # fmt: skip
            meter, t0, before = Meter(master, swarm), time.monotonic(), len(events.finished)
            for worker in pauses:
                await control(conn, f"workers/{worker}", "unpause")

            def is_moving(secs):
                return secs < opts.cap and not all(r in events.finished for r in queued)

            delays = await force_steadily(master, events, quick, 20, is_moving)
            rate = (len(events.finished) - before) / (time.monotonic() - t0)
            say({"queue": "moves", **figures(delays), "builds_per_s": round(rate, 1),
                 "checked": all(r in events.finished for r in queued),
                 **meter.result()})  # fmt: skip
    finally:
        master.stop(120)


def seed_waiting(path, count, builders):
    """Requests as ForceScheduler makes them, unclaimed."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma synchronous=off")
    db.execute("begin")
    now = int(time.time())
    v = {"n": count, "nb": builders, "now": now}
    db.execute("insert into sourcestamps (ss_hash, repository, codebase, project, created_at)"
               " values ('waiting', 'seed', '', '', :now)", v)  # fmt: skip
    v["ss"] = db.execute("select max(id) from sourcestamps").fetchone()[0]
    for table, columns, values in (
        ("buildsets", "id, reason, submitted_at, complete, results", "1+i, 'seeded', :now, 0, -1"),
        ("buildset_sourcestamps", "id, buildsetid, sourcestampid", "1+i, 1+i, :ss"),
        ("buildset_properties", "buildsetid, property_name, property_value",
         """1+i, 'scheduler', '["force", "Scheduler"]'"""),
        ("buildrequests", "id, buildsetid, builderid, priority, complete, results, submitted_at",
         "1+i, 1+i, 1+i%:nb, i%7, 0, -1, :now"),
    ):  # fmt: skip
        run(db, v, table, columns, values)
    db.execute("commit")
    db.close()


async def cold(opts, say):
    master = made(opts)
    try:
        await master.start()
        names = await master.builder_ids()
        master.stop(60)
        assert max(names[f"b{i}"] for i in range(opts.builders)) == opts.builders
        seed_waiting(os.path.join(master.base, "state.sqlite"), opts.waiting, opts.builders)
        rest, _ = await master.start(opts.cap)
        out = {"waiting": opts.waiting, "rest_s": round(rest, 2), "cpu_s": round(master.cpu(), 2)}
        conn = Http(master.http)
        rows = await conn.get("/api/v2/builders/1/buildrequests?complete=false&field=complete")
        out["checked"] = len(rows["buildrequests"]) == opts.waiting // opts.builders
        await settle(master)
        out |= {"rss_mb": master.rss_mb(), "settled_cpu_s": round(master.cpu(), 2)}
        events, t = await Events.open(master.http), time.monotonic()
        async with Swarm(master, 1):
            assert await events.until(lambda: events.started, 120)
            out["first_build_s"] = round(time.monotonic() - t, 2)
        say(out)
    finally:
        master.stop(120)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("scenario", choices=["dispatch", "cold"])
    ap.add_argument("--master-cmd", required=True)
    ap.add_argument("--work", required=True, help="a folder for the master's files (emptied)")
    ap.add_argument("--port", type=int, default=22300)
    ap.add_argument("--swarm", help="the native swarm; else swarm.py")
    ap.add_argument("--builders", type=int, default=1000)
    ap.add_argument("--waiting", type=int, default=10000)
    ap.add_argument("--secs", type=float, default=60, help="dispatch: while the queue stands still")
    ap.add_argument("--cap", type=float, default=300)
    opts = SimpleNamespace(**vars(ap.parse_args()), db="sqlite", db_reset=None)
    opts.work = os.path.abspath(opts.work)

    def say(found):
        print(json.dumps({"scenario": opts.scenario, "load1": load1, **found}), flush=True)

    load1 = os.getloadavg()[0]
    asyncio.run({"dispatch": dispatch, "cold": cold}[opts.scenario](opts, say))


if __name__ == "__main__":
    main()
