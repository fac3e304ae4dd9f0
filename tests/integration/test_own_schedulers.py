# SPDX-License-Identifier: MIT
"""Schedulers of users' classes that raise, block or never answer: nobody else notices."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

from running import Master, wait_for

CONFIG = """
import asyncio, time
from buildbot.schedulers import base
from buildbot_cfg.schedulers import _running
_running.LONGEST_WAIT_S = 0.5  # to do it in a minute's stead
KilnbotConfig = {"policy_report_after": 5, "callback_deadline": 0.3}
f = util.BuildFactory([steps.ShellCommand(command="true", logEnviron=False)])

class Raises(schedulers.SingleBranchScheduler):
    def gotChange(self, change, important):
        if change.revision == "1":
            raise RuntimeError("told to raise")
        return super().gotChange(change, important)

class Blocks(schedulers.SingleBranchScheduler):
    async def addBuildsetForChanges(self, **kwargs):
        change = await self.master.data.get(("changes", kwargs["changeids"][0]))
        if change["revision"] == "1":
            time.sleep(3600)
        return await super().addBuildsetForChanges(**kwargs)

class Never(schedulers.SingleBranchScheduler):
    async def gotChange(self, change, important):
        if change.revision == "1":
            await asyncio.get_running_loop().create_future()
        await super().gotChange(change, important)

class Dies(base.ReconfigurableBaseScheduler):
    def activate(self):
        raise RuntimeError("cannot begin")

class Stuck(base.ReconfigurableBaseScheduler):
    async def activate(self):
        await asyncio.get_running_loop().create_future()

made = [cls(name=cls.__name__, builderNames=[cls.__name__], branch="main") for cls in (Raises, Blocks, Never)]
made += [cls(name=cls.__name__, builderNames=[cls.__name__]) for cls in (Dies, Stuck)]
made += [schedulers.SingleBranchScheduler(name="Stock", builderNames=["Stock"], branch="main"),
         Never(name="Waits", builderNames=["Waits"], branch="main", treeStableTimer=TIMER)]
c["collapseRequests"] = False
c["schedulers"] = made
c["builders"] = [util.BuilderConfig(name=s.name, workernames=["w1"], factory=f) for s in made]
"""

Run = Callable[[str], Master]


def built(master: Master, name: str) -> list[str]:
    """Revisions of a builder's requests."""
    found = []
    for row in master.rows(
        f"builders/{master.builder_id(name)}/buildrequests?order=buildrequestid"
    ):
        stamps = master.rows(f"buildsets/{row['buildsetid']}")[0]["sourcestamps"]
        found.append(stamps[0]["revision"])
    return found


def test_what_one_does_is_no_others_trouble(run_master: Run) -> None:
    master = run_master(CONFIG.replace("TIMER", "3600"))
    for revision in ("1", "2"):
        master.hook(author="a", comments="c", branch="main", revision=revision, files='["x"]')

    wait_for("the stock one", lambda: built(master, "Stock") == ["1", "2"])
    for name in ("Raises", "Blocks", "Never"):
        wait_for(name, lambda name=name: built(master, name) == ["2"])  # type: ignore[misc]
    log = master.log()
    assert "told to raise" in log and "cannot begin" in log
    assert 'scheduler "Blocks": gotChange of change 1 failed: timed out after 0.3 s at' in log
    assert 'scheduler "Never": gotChange of change 1 has not answered for 0.5 s' in log
    assert 'scheduler "Stuck": activate has not answered' in log


def test_changes_that_wait_and_the_switch_survive_a_restart(run_master: Run) -> None:
    master = run_master(CONFIG.replace("TIMER", "3600"))
    master.hook(author="a", comments="c", branch="main", revision="2", files='["x"]')
    master.hook(author="a", comments="c", branch="main", revision="3", files='["x"]')
    wait_for("the changes to be kept", lambda: "[2," in _state(master))
    assert built(master, "Waits") == []

    (row,) = (one for one in master.rows("schedulers") if one["name"] == "Raises")
    master.control(f"schedulers/{row['schedulerid']}", "enable", enabled=False)
    master.stop()
    text = (master.dir / "master.cfg").read_text()
    (master.dir / "master.cfg").write_text(
        text.replace("treeStableTimer=3600", "treeStableTimer=0.1")
    )
    master.start()
    wait_for("the changes to be built", lambda: built(master, "Waits") == ["3"])

    master.hook(author="a", comments="c", branch="main", revision="4", files='["x"]')
    wait_for("the next change", lambda: built(master, "Never")[-1:] == ["4"])
    assert "4" not in built(master, "Raises")
    master.control(f"schedulers/{row['schedulerid']}", "enable", enabled=True)
    wait_for("the switch", lambda: master.rows(f"schedulers/{row['schedulerid']}")[0]["enabled"])
    master.hook(author="a", comments="c", branch="main", revision="5", files='["x"]')
    wait_for("a change after it", lambda: "5" in built(master, "Raises"))


def _state(master: Master) -> str:
    with sqlite3.connect(master.dir / "state.sqlite", timeout=30) as db:
        rows = db.execute("select value_json from object_state where name = 'waiting_changes'")
        return json.dumps([row[0] for row in rows])
