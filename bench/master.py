# SPDX-License-Identifier: MIT
"""A master under test and the swarm beside it: configuration, start, stop, resource use."""

import asyncio
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import time

import psutil
from net import Http

HERE = os.path.dirname(os.path.abspath(__file__))

CONFIG = """\
from buildbot.plugins import schedulers, steps, util, worker

P = {params!r}

c = BuildmasterConfig = {{}}
c["title"] = "bench"
c["buildbotURL"] = "http://127.0.0.1:{http}/"
c["db"] = {{"db_url": {db!r}}}
c["protocols"] = {{"pb": {{"port": "tcp:{pb}:interface=127.0.0.1"}}}}
c["www"] = {{"port": "tcp:{http}:interface=127.0.0.1", "plugins": {{}},
            "change_hook_dialects": {{"base": True}}}}
c["buildbotNetUsageData"] = None
c["collapseRequests"] = False
c["workers"] = [worker.Worker("w%d" % i, "pw", max_builds=P["max_builds"]) for i in range(P["workers"])]


def pool(i):
    n = P["workers"]
    k = min(P["pool"], n)
    return ["w%d" % ((i * k + j) % n) for j in range(k)]


def factory(argv, count):
    return util.BuildFactory([steps.ShellCommand(name="s%d" % j, command=argv) for j in range(count)])


c["builders"] = [
    util.BuilderConfig(name="b%d" % i, workernames=pool(i), factory=factory(P["argv"], P["steps"]),
                       description=P["mark"] if i == 0 else "builder %d" % i)
    for i in range(P["builders"])
] + [
    util.BuilderConfig(name=name, workernames=["w%d" % i for i in range(P["workers"])],
                       factory=factory(argv, 1))
    for name, argv in P["extra"]
]
names = [b.name for b in c["builders"]]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=names if P["force_all"] else names[:1]),
    schedulers.SingleBranchScheduler(name="hook", treeStableTimer=None, builderNames=["b0"],
                                     change_filter=util.ChangeFilter(project="hook", branch="main")),
] + [
    schedulers.SingleBranchScheduler(name="branch-%d" % k, treeStableTimer=None,
                                     builderNames=names[k::P["schedulers"]],
                                     change_filter=util.ChangeFilter(branch="branch-%d" % k))
    for k in range(P["schedulers"])
]
"""

DEFAULTS = {
    "workers": 10,
    "max_builds": 4,
    "pool": 10,
    "builders": 10,
    "steps": 5,
    "schedulers": 0,
    "argv": ["replay", "lines=20"],
    "mark": "first",
    "extra": [],
    "force_all": True,
}


class Master:
    def __init__(self, opts, **params):
        self.opts = opts
        self.cmd = shlex.split(opts.master_cmd)
        self.base = os.path.join(opts.work, "master")
        self.http, self.pb = opts.port, opts.port + 1
        self.db = "sqlite:///state.sqlite" if opts.db == "sqlite" else opts.db
        self.params = {**DEFAULTS, **params}
        self.procs = {}

    def cli(self, verb, *args, timeout=900):
        return subprocess.run(
            [*self.cmd, verb, *args, self.base],
            timeout=timeout,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def create(self):
        shutil.rmtree(self.base, ignore_errors=True)
        os.makedirs(self.opts.work, exist_ok=True)
        if self.opts.db_reset:
            subprocess.run(self.opts.db_reset, shell=True, check=True)
        extra = [] if self.opts.db == "sqlite" else ["--db", self.db]
        out = self.cli("create-master", *extra)
        if out.returncode:
            raise RuntimeError(out.stdout)
        self.configure()

    def configure(self, **params):
        self.params.update(params)
        with open(os.path.join(self.base, "master.cfg"), "w") as f:
            f.write(CONFIG.format(params=self.params, http=self.http, pb=self.pb, db=self.db))

    async def start(self, limit=900):
        """Run `start`; returns seconds to the first REST answer and to the command's end."""
        for port in (self.http, self.pb):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    raise RuntimeError(f"port {port} is in use")
        t0 = time.monotonic()
        proc = await asyncio.create_subprocess_exec(
            *self.cmd,
            "start",
            "--start_timeout",
            str(int(limit)),
            self.base,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        done = asyncio.create_task(proc.communicate())
        conn, rest = Http(self.http), None
        while time.monotonic() - t0 < limit:
            try:
                status, _ = await asyncio.wait_for(conn.request("GET", "/api/v2/masters"), 60)
                if status == 200:
                    rest = time.monotonic() - t0
                    break
            except (OSError, EOFError, asyncio.TimeoutError):
                pass
            if done.done() and proc.returncode:
                raise RuntimeError(done.result()[0].decode())
            await asyncio.sleep(0.02)
        conn.close()
        out, _ = await done
        if proc.returncode or rest is None:
            raise RuntimeError(out.decode())
        return rest, time.monotonic() - t0

    def stop(self, limit=30):
        """`stop`; what is left after `limit` seconds is killed.  Returns seconds, None if killed."""
        try:
            procs = self.tree()
        except (OSError, psutil.Error):
            return None
        t = time.monotonic()
        try:
            self.cli("stop", timeout=limit)
        except subprocess.TimeoutExpired:
            pass
        _, alive = psutil.wait_procs(procs, timeout=max(0.1, limit - (time.monotonic() - t)))
        for p in alive:
            p.kill()
        psutil.wait_procs(alive, timeout=10)
        self.procs = {}
        return None if alive else round(time.monotonic() - t, 2)

    def tree(self):
        with open(os.path.join(self.base, "twistd.pid")) as f:
            root = psutil.Process(int(f.read()))
        for p in [root, *root.children(recursive=True)]:
            self.procs.setdefault(p.pid, p)
        return list(self.procs.values())

    def cpu(self):
        total = 0.0
        for p in self.tree():
            try:
                t = p.cpu_times()
                total += t.user + t.system
            except psutil.Error:
                pass
        return total

    def rss_mb(self):
        total = 0
        for p in self.tree():
            try:
                total += p.memory_info().rss
            except psutil.Error:
                pass
        return round(total / 1e6, 1)

    def db_bytes(self):
        """Bytes of the state database on disk (SQLite only)."""
        if self.opts.db != "sqlite":
            return None
        return sum(
            os.path.getsize(os.path.join(self.base, f))
            for f in os.listdir(self.base)
            if f.startswith("state.sqlite")
        )

    async def builder_ids(self):
        data = await Http(self.http).get("/api/v2/builders?field=builderid&field=name")
        return {b["name"]: b["builderid"] for b in data["builders"]}


class Swarm:
    def __init__(self, master, workers, **flags):
        self.master, self.workers, self.flags, self.said = master, workers, flags, {}

    async def __aenter__(self):
        own = self.master.opts.swarm
        args = [
            *([own] if own else [sys.executable, os.path.join(HERE, "swarm.py")]),
            "--master",
            f"127.0.0.1:{self.master.pb}",
            "--workers",
            str(self.workers),
        ]
        for k, v in self.flags.items():
            args += ["--" + k.replace("_", "-"), str(v)]
        self.proc = await asyncio.create_subprocess_exec(*args, stdout=subprocess.PIPE)
        self.ps = psutil.Process(self.proc.pid)
        self.attached = asyncio.get_running_loop().create_future()
        self.reader = asyncio.create_task(self.read())
        return self

    async def read(self):
        async for line in self.proc.stdout:
            event = json.loads(line)
            self.said[event["event"]] = event
            if event["event"] == "all_attached" and not self.attached.done():
                self.attached.set_result(event["secs"])

    async def all_attached(self, secs=300):
        return await asyncio.wait_for(asyncio.shield(self.attached), secs)

    def cpu(self):
        t = self.ps.cpu_times()
        return t.user + t.system

    async def __aexit__(self, *exc):
        if self.proc.returncode is None:
            self.proc.terminate()
        await self.proc.wait()
        await self.reader
