# SPDX-License-Identifier: MIT
"""What steps leave in the database outlives a master that is killed; events and SQL of user code."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from running import Master, Worker, running, wait_for

LEAVES = """
import asyncio
from pathlib import Path
from buildbot.process.buildstep import BuildStep


class Leaves(BuildStep):
    async def run(self):
        for n in range(50):
            await self.setBuildData(f"data_{n}", bytes(range(n)), "Leaves")
        setid = await self.addTestResultSet("many", "pass_fail", "boolean")
        for n in range(2000):
            self.addTestResult(setid, str(n % 2), test_name=f"t{n}")
        await self.setBuildData("last", b"x", "Leaves")
        Path(self.master.basedir, "left").touch()
        await asyncio.Event().wait()


c["builders"] = [util.BuilderConfig("b", workernames=["w1"], factory=util.BuildFactory([Leaves()]))]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b"])]
"""


def test_what_a_step_has_left_is_there_after_a_kill(tmp_path: Path) -> None:
    master = Master(tmp_path).create(LEAVES)
    with running(master, Worker(tmp_path, master.pb)):
        master.wait_attached()
        master.force("b")
        wait_for("the step's work", (master.dir / "left").exists)
        master.kill()
        master.start()

        data = master.rows("builds/1/data")
        assert {row["name"] for row in data} == {f"data_{n}" for n in range(50)} | {"last"}
        url = master.url("api/v2/builds/1/data/data_20/value")
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.read() == bytes(range(20))
        results = master.rows("test_result_sets/1/results?limit=5000")
        assert [row["test_name"] for row in results] == [f"t{n}" for n in range(2000)]


SQL = """
import sqlite3
import sqlalchemy as sa
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import SUCCESS


class Writes(BuildStep):
    async def run(self):
        pool, objects = self.master.db.pool, self.master.db.model.objects

        def insert(connection, name):
            connection.execute(objects.insert(), {"name": name, "class_name": "Own"})

        async def names():
            def thd(connection):
                rows = connection.execute(sa.select(objects.c.name).where(objects.c.class_name == "Own"))
                return sorted(name for name, in rows)

            return await pool.do(thd)

        lines = []
        await pool.do(insert, "not committed")
        await pool.do_with_transaction(insert, "committed")

        def engine(engine):
            with engine.begin() as connection:
                insert(connection, "by the engine")

        await pool.do_with_engine(engine)
        for what in (lambda c: c.execute(sa.select(objects.c.name)), lambda c: c.execute(sa.text("nonsense")), lambda c: 1 / 0):
            try:
                await pool.do(what)
            except Exception as error:
                lines.append(type(error).__name__)
        # Both write at once: each waits for the other's lock.
        await asyncio.gather(
            *(pool.do_with_transaction(insert, f"many {n:02}") for n in range(20)),
            *(self.setBuildData(f"d{n}", b"x", "Writes") for n in range(20)),
        )
        lines.append(str(await names()))
        await self.addCompleteLog("told", "\\n".join(lines))
        return SUCCESS


import asyncio

c["builders"] = [util.BuilderConfig("b", workernames=["w1"], factory=util.BuildFactory([Writes()]))]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b"])]
"""


def test_sql_of_user_code_beside_the_master(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    master = Master(tmp_path).create(SQL)
    with running(master, Worker(tmp_path, master.pb)):
        master.wait_attached()
        build = master.finished_build(master.force("b"))
        assert build["results"] == 0, master.log()
        step = master.rows(f"builds/{build['buildid']}/steps")[1]
        text = master.get(f"steps/{step['stepid']}/logs/told/contents")["logchunks"][0]["content"]
        many = [f"many {n:02}" for n in range(20)]
        assert text.splitlines() == [
            "AssertionError",
            "OperationalError",
            "ZeroDivisionError",
            str(sorted(["by the engine", "committed", *many])),
        ]
        assert len(master.rows("builds/1/data")) == 20
