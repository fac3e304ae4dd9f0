# SPDX-License-Identifier: MIT
"""Links that a step shows."""

from __future__ import annotations

from pathlib import Path

import psutil
from running import Master, Worker, running, wait_for

CONFIG = """
from buildbot.process import buildstep
class Links(buildstep.BuildStep):
    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count
    async def run(self):
        for i in range(self.count):
            await self.addURL(f"link {i}", f"http://x.org/{i}")
            if i == 9:
                rows = await self.master.data.get(("builds", self.build.buildid, "steps", self.name))
                self.setProperty("seen", len(rows["urls"]))
        return util.SUCCESS
f = util.BuildFactory([Links(%d, name="links")])
c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=f)]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


def test_twenty_thousand_links_are_kept_in_order_and_do_not_take_minutes(tmp_path: Path) -> None:
    # One write of all of them for each took 29 s of CPU for 4,000, and grew with the square.
    count = 20_000
    master = Master(tmp_path).create(CONFIG % count)
    with running(master, Worker(tmp_path, master.pb)):
        master.wait_attached()
        process = psutil.Process(master.pid())
        before = sum(process.cpu_times()[:2])
        request = master.force()
        wait_for("the end", lambda: master.rows(f"buildrequests/{request}")[0]["complete"], 300)
        used = sum(process.cpu_times()[:2]) - before
        build = master.build_of(request)
        step = master.step(build, "links")
        assert [url["name"] for url in step["urls"]] == [f"link {i}" for i in range(count)]
        assert used < 60, f"{used:.0f} s of CPU"
        rows = master.rows(f"builds/{build['buildid']}/properties")
        assert rows[0]["seen"][0] == 10
