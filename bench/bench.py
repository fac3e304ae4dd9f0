#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Benchmark of a Buildbot-compatible master through its public interfaces (see README.md)."""

import argparse
import asyncio
import http.client
import json
import os
import sys
import time
import traceback

from master import Master, Swarm
from measuring import Meter, children_cpu, force_many, one_latency, settle, system_cpu
from net import Events, Http, Probe, WebSocket, load, quantiles
from seed import seed_sqlite

try:
    from uvloop import run as run_loop
except ImportError:
    from asyncio import run as run_loop

SCENARIOS = {}


def scenario(f):
    SCENARIOS[f.__name__] = f
    return f


# ------------------------------------------------------------------ 1 startup


@scenario
async def startup(opts, say):
    for n in opts.builders or (10, 1000, 5000):
        m = Master(opts, builders=n, workers=10, schedulers=50, force_all=False)
        m.create()
        out = {"builders": n}
        try:
            for kind in ("cold", "warm"):  # first start on an empty database, then again
                before = system_cpu(), children_cpu(), time.monotonic()
                rest, cli = await m.start(opts.cap)
                others = system_cpu() - before[0] - (children_cpu() - before[1]) - m.cpu()
                out[f"{kind}_others_cpu_pct"] = round(
                    max(0, 100 * others / (time.monotonic() - before[2])), 1
                )
                out[f"{kind}_rest_s"], out[f"{kind}_cli_s"] = round(rest, 2), round(cli, 2)
                out[f"{kind}_rss_mb"], out[f"{kind}_cpu_s"] = m.rss_mb(), round(m.cpu(), 2)
                ids = await m.builder_ids()
                out["checked"] = len(ids) == n
                out[f"{kind}_stop_s"] = m.stop(120)
        finally:
            m.stop()
        say(out)


# ----------------------------------------------------------------- 2 reconfig


@scenario
async def reconfig(opts, say):
    n = (opts.builders or [1000])[0]
    m = Master(opts, builders=n, workers=50, pool=1, schedulers=50, force_all=False)
    m.create()
    try:
        await m.start()
        async with Swarm(m, 50) as swarm:
            await swarm.all_attached()
            await settle(m)
            conn = Http(m.http)
            bid = (await m.builder_ids())["b0"]
            m.configure(mark="second", argv=["replay", "lines=20"])
            cpu = Meter(m)
            async with Probe(m.http, 20, f"/api/v2/builders/{bid}") as probe:
                await asyncio.sleep(1)
                t = time.monotonic()
                proc = await asyncio.create_subprocess_exec(
                    *m.cmd, "reconfig", m.base, stdout=-1, stderr=-2
                )
                done = asyncio.create_task(proc.communicate())
                done.add_done_callback(lambda _: ends.append(time.monotonic() - t))
                ends, effect = [], None
                while effect is None and time.monotonic() - t < opts.cap:
                    data = await conn.get(f"/api/v2/builders/{bid}")
                    if data["builders"][0]["description"] == "second":
                        effect = time.monotonic() - t
                    await asyncio.sleep(0.02)
                await done
                await asyncio.sleep(1)
            say(
                {
                    "builders": n,
                    "effect_s": effect and round(effect, 2),
                    "cli_s": round(ends[0], 2),
                    "cli_rc": proc.returncode,
                    **cpu.result(),
                    **probe.result(),
                }
            )
    finally:
        m.stop()


# --------------------------------------------------------------- 3 throughput


@scenario
async def throughput(opts, say):
    count = (opts.builders or [200])[0]
    m = Master(opts, builders=count, workers=50)
    m.create()
    try:
        await m.start()
        async with Swarm(m, 50) as swarm:
            await swarm.all_attached()
            events = await Events.open(m.http)
            ids = list((await m.builder_ids()).values())
            warm, _ = await force_many(m.http, ids, 20)
            await events.until(lambda: len(events.finished) >= 20, 60)
            await settle(m)
            events.order.clear()
            rss, n = m.rss_mb(), opts.builds
            meter = Meter(m, swarm)
            async with Probe(m.http, 5) as probe:
                t0 = time.monotonic()
                try:
                    _, submit = await asyncio.wait_for(force_many(m.http, ids, n), opts.cap)
                except asyncio.TimeoutError:
                    submit = None
                left = opts.cap - (time.monotonic() - t0)
                await events.until(lambda: len(events.order) >= n, max(left, 0.1))
                used = meter.result()
            order = list(events.order)
            done = len(order)
            a, b = order[done // 10], order[done * 9 // 10 - 1]
            out = {
                "builders": count,
                "builds": n,
                "finished": done,
                "capped": done < n,
                "submit_s": submit and round(submit, 2),
                "builds_per_s": round((done * 9 // 10 - 1 - done // 10) / (b - a), 2),
                "overall_builds_per_s": round(done / (order[-1] - t0), 2),
                "master_cpu_ms_per_build": round(1e3 * used["master_cpu_s"] / done, 1),
                "rss_before_mb": rss,
                "rss_after_mb": m.rss_mb(),
                **used,
                **probe.result("rest"),
            }
            last = max(events.finished, key=events.finished.get)
            build = events.builds[last]
            status, log = await Http(m.http).request(
                "GET", f"/api/v2/builds/{build['buildid']}/steps/s4/logs/stdio/raw"
            )
            out["checked"] = status == 200 and b"\n0019 xxx" in log and build["results"] == 0
            say(out)
    finally:
        m.stop()


# ------------------------------------------------------------------ 4 latency


@scenario
async def latency(opts, say):
    m = Master(opts, builders=200, workers=50, steps=1)
    m.create()
    try:
        await m.start()
        async with Swarm(m, 50) as swarm:
            await swarm.all_attached()
            await settle(m)
            events, conn = await Events.open(m.http), Http(m.http)
            bid = (await m.builder_ids())["b0"]
            await one_latency(m, events, conn, bid, 5, False)
            for kind in ("force", "hook"):
                meter = Meter(m, swarm)
                lat = await one_latency(m, events, conn, bid, opts.rounds, kind == "hook")
                say({"kind": kind, **lat, **meter.result()})
    finally:
        m.stop()


# --------------------------------------------------------------- 5 log ingest


def download(port, path):
    """Bytes, seconds of a whole GET (read and dropped)."""
    t = time.monotonic()
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    conn.request("GET", path)
    resp, n = conn.getresponse(), 0
    while data := resp.read(1 << 20):
        n += len(data)
    return n, time.monotonic() - t, resp.status


@scenario
async def logs(opts, say):
    size = opts.log_mb * 1000000
    m = Master(
        opts,
        builders=10,
        workers=10,
        steps=1,
        argv=["replay", f"bytes={size // 10}"],
        extra=[["single", ["replay", f"bytes={size}"]]],
    )
    m.create()
    try:
        await m.start()
        async with Swarm(m, 10) as swarm:
            await swarm.all_attached()
            await settle(m)
            events, ids = await Events.open(m.http), await m.builder_ids()
            stored = 0
            for kind, targets in (("one", ["single"]), ("ten", [f"b{i}" for i in range(10)])):
                before = m.db_bytes()
                peak, meter = m.rss_mb(), Meter(m, swarm)
                async with Probe(m.http, 5) as probe:
                    brids, _ = await force_many(m.http, [ids[t] for t in targets], len(targets))
                    t, done = time.monotonic(), False
                    while not done and time.monotonic() - t < opts.cap:
                        done = await events.until(
                            lambda: all(b in events.finished for b in brids), 0.5
                        )
                        peak = max(peak, m.rss_mb())
                    used = meter.result()
                out = {"streams": len(targets), "mb": size / 1e6, "capped": not done}
                if done:
                    secs = max(events.finished[b] for b in brids) - min(
                        events.started[b] for b in brids
                    )
                    out.update(
                        {
                            "MB_per_s": round(size / 1e6 / secs, 2),
                            "master_cpu_ms_per_mb": round(
                                1e3 * used["master_cpu_s"] / (size / 1e6), 1
                            ),
                        }
                    )
                    stored += size
                    after = m.db_bytes()
                    out["db_mb_per_log_mb"] = after and round((after - before) / size, 3)
                say({"kind": kind, **out, "rss_peak_mb": peak, **used, **probe.result("rest")})
                if not done:
                    return
                if kind == "one":
                    path = (
                        f"/api/v2/builds/{events.builds[brids[0]]['buildid']}/steps/s0/logs/stdio"
                    )
                    meter = Meter(m)
                    n, secs, status = await asyncio.to_thread(download, m.http, path + "/raw")
                    say(
                        {
                            "kind": "download",
                            "MB_per_s": round(n / 1e6 / secs, 2),
                            "bytes": n,
                            "status": status,
                            "checked": size <= n < size + 5000,
                            **meter.result(),
                        }
                    )
                    data = await Http(m.http).get(
                        path + f"/contents?offset={size // 200}&limit=1000"
                    )
                    assert data["logchunks"][0]["content"].count("\n") == 1000
    finally:
        m.stop()


# --------------------------------------------------------------------- 6 rest


async def with_history(opts, n, seeded, body):
    """A master with 200 builders and n finished builds, passed to body(master, events, ids)."""
    m = Master(opts, builders=200, workers=50, steps=1, extra=[["big", ["replay", "lines=5000"]]])
    m.create()
    try:
        if n and seeded:
            await m.start()
            m.stop()
            t = time.monotonic()
            seed_sqlite(os.path.join(m.base, "state.sqlite"), n)
            print(f"seeded {n} builds in {time.monotonic() - t:.0f} s", file=sys.stderr)
        start, _ = await m.start()
        async with Swarm(m, 50) as swarm:
            await swarm.all_attached()
            busy = await settle(m, limit=opts.cap)
            events, ids = await Events.open(m.http), await m.builder_ids()
            if n and not seeded:
                targets = [b for name, b in ids.items() if name != "big"]
                while len(events.order) < n:
                    batch = min(2000, n - len(events.order))
                    goal = len(events.order) + batch
                    await force_many(m.http, targets, batch)
                    await events.until(lambda: len(events.order) >= goal, 600)
            await body(m, events, ids, {"rest_s": round(start, 2), "busy_after_start_s": busy})
    finally:
        m.stop()


async def measure_rest(m, events, ids, say, secs, common):
    conn = Http(m.http)
    brid = await conn.force(ids["big"])
    assert await events.until(lambda: brid in events.finished, 300), (
        "the build with the long log did not finish"
    )
    big = events.builds[brid]["buildid"]
    for name, path in (
        ("builders", "/api/v2/builders"),
        ("builds50", "/api/v2/builds?limit=50&order=-buildid"),
        ("builder_builds", f"/api/v2/builders/{ids['b0']}/builds?limit=20&order=-number"),
        ("steps", f"/api/v2/builds/{big}/steps"),
        ("log1000", f"/api/v2/builds/{big}/steps/s0/logs/stdio/contents?offset=0&limit=1000"),
    ):
        t = time.monotonic()
        status, body = await asyncio.wait_for(conn.request("GET", path), 600)
        single = round((time.monotonic() - t) * 1e3, 1)
        meter = Meter(m)
        say(
            {
                **common,
                "query": name,
                "status": status,
                "bytes": len(body),
                "first_ms": single,
                **await load(m.http, path, 32, secs),
                **meter.result(),
            }
        )


@scenario
async def rest(opts, say):
    async def body(m, events, ids, start):
        await measure_rest(m, events, ids, say, opts.load_secs, {"builds": opts.history[0]})

    await with_history(opts, opts.history[0], opts.seed == "sql", body)


# ------------------------------------------------------------------ 7 workers


@scenario
async def workers(opts, say):
    for n in opts.workers or (100, 500, 1000, 2000):
        m = Master(opts, builders=20, workers=n, pool=max(1, n // 20))
        m.create()
        try:
            await m.start()
            await settle(m)
            rss, meter, t = m.rss_mb(), Meter(m), time.monotonic()
            async with Swarm(m, n) as swarm:
                conn, out = Http(m.http), {"workers": n}
                try:
                    attached = await swarm.all_attached(opts.cap)
                    out["attached_s"] = round(attached, 2)
                    up = 0
                    while up < n and time.monotonic() - t < opts.cap:
                        data = await conn.get("/api/v2/workers")
                        up = sum(bool(w["connected_to"]) for w in data["workers"])
                        await asyncio.sleep(0.5 if up < n else 0)
                    out["rest_s"] = round(time.monotonic() - t, 2)
                    out["checked"] = up == n
                except asyncio.TimeoutError:
                    out["capped"] = True
                used = meter.result()
                await settle(m)
                out["rss_kb_per_worker"] = round((m.rss_mb() - rss) * 1e3 / n, 1)
                out["attach_cpu_ms_per_worker"] = round(1e3 * used["master_cpu_s"] / n, 2)
                idle = Meter(m)
                await asyncio.sleep(opts.idle)
                out["idle_cpu_pct"] = idle.result()["master_cpu_pct"]
                out["others_cpu_pct"] = used["others_cpu_pct"]
                out["lost"] = swarm.said.get("stats", {}).get("lost", 0)
                say({**out, "rss_mb": m.rss_mb()})
        finally:
            m.stop()


# ------------------------------------------------------------------- 8 fanout


@scenario
async def fanout(opts, say):
    size, rate = opts.fan_mb * 100000, opts.fan_mb * 100000 / 10
    m = Master(
        opts,
        builders=10,
        workers=10,
        steps=1,
        argv=["replay", f"bytes={size}", "chunk=2000", f"rate={int(rate)}"],
    )
    m.create()
    try:
        await m.start()
        async with Swarm(m, 10) as swarm:
            await swarm.all_attached()
            await settle(m)
            events, ids = await Events.open(m.http), list((await m.builder_ids()).values())
            clients = []
            for _ in range(opts.clients):
                ws = await WebSocket.connect(m.http, ["*/*/*", "*/*/*/*/*"])
                ws.sample = 20
                clients.append(ws)
            await asyncio.sleep(2)
            for ws in clients:
                ws.frames = ws.nbytes = 0
                ws.times.clear()
            meter, t = Meter(m, swarm), time.monotonic()
            brids, _ = await force_many(m.http, ids, 10, 1)
            pinged = 0
            done = lambda: all(b in events.finished for b in brids)
            while not done() and time.monotonic() - t < opts.cap:
                clients[pinged % len(clients)].ping()
                pinged += 1
                await asyncio.sleep(0.1)
            t_end = time.monotonic()
            while len({w.frames for w in clients}) > 1 and time.monotonic() - t_end < 30:
                await asyncio.sleep(0.2)
            used = meter.result()
            secs = time.monotonic() - t
            frames = sum(w.frames for w in clients)
            spread = [max(ts) - min(ts) for ts in zip(*(w.times for w in clients))]
            rtts = [r for w in clients for r in w.rtts]
            say(
                {
                    "clients": len(clients),
                    "capped": not done(),
                    "events_per_client": clients[0].frames,
                    "events_per_s": round(frames / secs),
                    "MB_per_s": round(sum(w.nbytes for w in clients) / secs / 1e6, 2),
                    "build_secs": round(t_end - t, 1),
                    "ideal_secs": size / rate,
                    **dict(zip(("spread_p50_ms", "spread_p99_ms"), quantiles(spread, 0.5, 0.99))),
                    **dict(
                        zip(
                            ("ping_p50_ms", "ping_p99_ms", "ping_max_ms"),
                            quantiles(rtts, 0.5, 0.99, 1),
                        )
                    ),
                    "pings": pinged,
                    "pongs": len(rtts),
                    "dropped": sum(w.lost for w in clients),
                    **used,
                }
            )
    finally:
        m.stop()


# ------------------------------------------------------------------ 9 history


@scenario
async def history(opts, say):
    for n in opts.history[1:]:

        async def body(m, events, ids, start):
            common = {"builds": n}
            say(
                {
                    **common,
                    "query": "start",
                    **start,
                    "rss_mb": m.rss_mb(),
                    "db_mb": (m.db_bytes() or 0) / 1e6,
                }
            )
            conn, meter = Http(m.http), Meter(m)
            lat = await one_latency(m, events, conn, ids["b0"], opts.rounds, False)
            say({**common, "query": "force", **lat, **meter.result()})
            await measure_rest(m, events, ids, say, opts.load_secs, common)

        await with_history(opts, n, True, body)


# ----------------------------------------------------------------------- main


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("scenarios", nargs="+", choices=[*SCENARIOS, "all"])
    ap.add_argument(
        "--master-cmd",
        required=True,
        help="the master's command line tool, e.g. /opt/bb/bin/buildbot",
    )
    ap.add_argument("--work", required=True, help="a folder for the master's files (emptied)")
    ap.add_argument("--db", default="sqlite", help="sqlite, or a database URL")
    ap.add_argument("--db-reset", help="shell command that empties the database behind --db")
    ap.add_argument("--out", help="file to which the JSON lines are appended")
    ap.add_argument(
        "--swarm", help="the native swarm (build/release/bench/swarm/bench_swarm); else swarm.py"
    )
    ap.add_argument("--label", default="", help="a name for the master, put into each line")
    ap.add_argument("--port", type=int, default=22000, help="HTTP port; workers use the next one")
    ap.add_argument("--repeat", type=int, default=1)
    ap.add_argument("--cap", type=float, default=300, help="most seconds of one measurement")
    ap.add_argument(
        "--builders", type=int, nargs="*", help="startup, reconfig, throughput: builders"
    )
    ap.add_argument("--workers", type=int, nargs="*", help="workers: numbers of workers")
    ap.add_argument("--builds", type=int, default=2000, help="throughput: build requests")
    ap.add_argument(
        "--rounds", type=int, default=100, help="latency, history: builds forced one by one"
    )
    ap.add_argument("--log-mb", type=int, default=500, help="logs: MB of output")
    ap.add_argument(
        "--history",
        type=int,
        nargs="*",
        default=[20000, 200000, 1000000],
        help="finished builds: the first for rest, the others for history",
    )
    ap.add_argument(
        "--seed",
        choices=["sql", "builds"],
        default="sql",
        help="rest: how the finished builds come about",
    )
    ap.add_argument("--load-secs", type=int, default=10, help="rest, history: seconds of each load")
    ap.add_argument(
        "--idle", type=float, default=30, help="workers: seconds of the idle measurement"
    )
    ap.add_argument("--clients", type=int, default=200, help="fanout: WebSocket clients")
    ap.add_argument(
        "--fan-mb", type=int, default=5, help="fanout: MB of log output, over ten streams in 10 s"
    )
    opts = ap.parse_args()
    opts.work = os.path.abspath(opts.work)
    names = list(SCENARIOS) if "all" in opts.scenarios else opts.scenarios
    failed = 0
    for run in range(1, opts.repeat + 1):
        for name in names:

            def say(figures):
                line = json.dumps(
                    {"scenario": name, "label": opts.label, "run": run, "load1": load1, **figures}
                )
                print(line, flush=True)
                if opts.out:
                    with open(opts.out, "a") as f:
                        f.write(line + "\n")

            load1 = os.getloadavg()[0]
            try:
                run_loop(SCENARIOS[name](opts, say))
            except Exception as e:
                failed += 1
                traceback.print_exc()
                say({"error": f"{type(e).__name__}: {e}"[:500]})
    return failed


if __name__ == "__main__":
    sys.exit(main())
