# SPDX-License-Identifier: MIT
"""What the benchmarks have in common: CPU over a stretch of time, builds that are forced, and how soon they begin."""

import asyncio
import resource
import time
from urllib.parse import urlencode

import psutil
from net import Http, quantiles


def system_cpu():
    t = psutil.cpu_times()
    return t.user + t.nice + t.system + t.irq + t.softirq


def children_cpu():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


class Meter:
    """CPU of the master, the swarm, this process and everything else over a stretch of time.
    The percentages are of one core; others_cpu_pct tells how quiet the machine was."""

    def __init__(self, master, swarm=None):
        self.master, self.swarm = master, swarm
        self.t, self.m, self.s = time.monotonic(), master.cpu(), swarm.cpu() if swarm else 0
        self.me, self.kids, self.all = time.process_time(), children_cpu(), system_cpu()

    def result(self):
        wall = time.monotonic() - self.t
        out = {"secs": round(wall, 3), "master_cpu_s": round(self.master.cpu() - self.m, 2)}
        out["master_cpu_pct"] = round(100 * out["master_cpu_s"] / wall, 1)
        if self.swarm:
            out["swarm_cpu_pct"] = round(100 * (self.swarm.cpu() - self.s) / wall, 1)
        me = time.process_time() - self.me
        out["bench_cpu_pct"] = round(100 * me / wall, 1)
        ours = (
            out["master_cpu_s"]
            + me
            + children_cpu()
            - self.kids
            + (self.swarm.cpu() - self.s if self.swarm else 0)
        )
        out["others_cpu_pct"] = round(max(0, 100 * (system_cpu() - self.all - ours) / wall), 1)
        return out


async def force_many(port, builders, n, conns=16):
    """Force n builds, round robin over builders; returns the request ids and seconds taken."""
    todo, brids = iter(range(n)), []
    t = time.monotonic()

    async def client():
        conn = Http(port)
        for i in todo:
            brids.append(await conn.force(builders[i % len(builders)]))
        conn.close()

    await asyncio.gather(*(client() for _ in range(min(conns, n))))
    return brids, time.monotonic() - t


async def settle(master, secs=2.0, limit=60):
    """Wait until the master uses less than 10 % of a core; returns seconds until then."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        before, t = master.cpu(), time.monotonic()
        await asyncio.sleep(secs)
        if master.cpu() - before < 0.1 * secs:
            return round(t - began, 1)
    return limit


async def one_latency(m, events, conn, bid, rounds, hook, limit=30):
    """Sequential force (or change hook) -> started / finished on an idle master."""
    post, started, finished, lost = [], [], [], 0
    for i in range(rounds):
        await asyncio.sleep(0.1)
        seen = set(events.started)
        t = time.monotonic()
        if hook:
            body = urlencode(
                {
                    "project": "hook",
                    "branch": "main",
                    "revision": f"{i:040d}",
                    "author": "a <a@b>",
                    "comments": "c",
                    "files": '["f.c"]',
                }
            ).encode()
            status, _ = await conn.request(
                "POST", "/change_hook/base", body, "application/x-www-form-urlencoded"
            )
            assert status == 200, status
            post.append(time.monotonic() - t)
            await events.until(lambda: set(events.started) - seen, limit)
            brid = next(iter(set(events.started) - seen), None)
        else:
            brid = await conn.force(bid)
            post.append(time.monotonic() - t)
        ok = await events.until(lambda: brid in events.finished, limit)
        if not ok:
            lost += 1
            continue
        started.append(events.started[brid] - t)
        finished.append(events.finished[brid] - t)
    out = {"rounds": rounds, "lost": lost}
    for name, v in (("post", post), ("start", started), ("finish", finished)):
        out.update(
            zip(
                (f"{name}_p50_ms", f"{name}_p95_ms", f"{name}_p99_ms"),
                quantiles(v, 0.5, 0.95, 0.99),
            )
        )
    return out
