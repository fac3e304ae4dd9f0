# SPDX-License-Identifier: MIT
"""``master.mq``, ``master.db.pool`` and the master's parts in configurations."""

import asyncio
import importlib.util
import json
import sqlite3

import pylib_fakes
import pytest
from buildbot_cfg import _bridge, _wire
from buildbot_cfg._master import MASTER, Master
from buildbot_cfg.db.pool import DBThreadPool


class EventMaster(pylib_fakes.MemoryMaster):
    """Consumers that a test gives events to."""

    def __init__(self):
        super().__init__()
        self.consumers = {}
        self.reloads = 0

    async def consume(self, pattern, on_event):
        self.consumers[len(self.consumers) + 1] = (pattern, on_event)
        return len(self.consumers)

    def stop_consuming(self, consumer):
        self.consumers[consumer] = None

    def event(self, key, message):
        for consumer in self.consumers.values():
            if consumer is not None:
                consumer[1](key, json.dumps(message))

    async def reload(self):
        self.reloads += 1


@pytest.fixture
def master(monkeypatch):
    made = EventMaster()
    monkeypatch.setattr(_bridge, "live_master", lambda: made)
    return made


def test_events_of_the_engine_come_as_buildbot_gives_them(master):
    heard = []

    async def go():
        mq = Master().mq
        consumer = await mq.startConsuming(
            lambda *told: heard.append(told), ("builds", None, "new")
        )
        assert master.consumers[1][0] == "builds/*/new"
        master.event("builds/7/new", {"buildid": 7, "started_at": 1_600_000_000})
        master.event("builds/7/steps/new", {"stepid": 3})  # a core that says too much
        consumer.stopConsuming()
        assert master.consumers[1] is None

    asyncio.run(go())
    [(key, message)] = heard
    assert key == ("builds", "7", "new")
    assert (message["buildid"], message["started_at"].timestamp()) == (7, 1_600_000_000)


def test_properties_in_messages_and_rows_are_tuples():
    message = {"a": [1, "Step"], "b": [[1, "x"], "Build"]}
    assert _wire.from_wire(message, is_event=True) == {"a": (1, "Step"), "b": ([1, "x"], "Build")}
    row = {"buildid": 7, "properties": {"a": [1, "Step"]}}
    assert _wire.from_wire(row)["properties"] == {"a": (1, "Step")}


def test_a_consumer_that_stops_while_it_begins_hears_nothing(master):
    heard = []

    async def go():
        mq = Master().mq
        beginning = mq.startConsuming(lambda *told: heard.append(told), ("x",))
        await asyncio.sleep(0)
        mq._consumers[0].stopConsuming()
        await beginning
        assert master.consumers[1] is None
        mq.produce(("x",), 1)

    asyncio.run(go())
    assert heard == []


def test_an_async_callback_runs_and_its_error_is_logged(master, monkeypatch):
    logged = []
    monkeypatch.setattr(_bridge, "log", lambda level, text, system="-": logged.append(text))
    heard = []

    async def hear(key, message):
        await asyncio.sleep(0)
        heard.append(message)
        raise RuntimeError("a consumer that fails")

    async def go():
        mq = Master().mq
        await mq.startConsuming(hear, ("x",))
        mq.produce(("x",), 1)
        while not logged:
            await asyncio.sleep(0)

    asyncio.run(go())
    assert heard == [1]
    assert "a consumer that fails" in logged[0]


def test_produced_controls_are_carried_out(master):
    async def go():
        Master().mq.produce(("control", "builds", "7", "stop"), {"reason": "enough"})
        while not master.controlled:
            await asyncio.sleep(0)

    asyncio.run(go())
    assert master.controlled == [("builds/7", "stop", {"reason": "enough"})]


def test_without_sqlalchemy_the_error_says_what_to_install(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("buildbot_cfg.db.pool.importlib.import_module", missing)
    with pytest.raises(RuntimeError, match="pip install sqlalchemy"):
        _ = MASTER.db.model.builds
    with pytest.raises(RuntimeError, match="pip install sqlalchemy"):
        asyncio.run(_do(DBThreadPool(), lambda connection: None))


async def _do(pool, function):
    return await pool.do(function)


needs_sqlalchemy = pytest.mark.skipif(
    importlib.util.find_spec("sqlalchemy") is None, reason="SQLAlchemy is not installed"
)


@needs_sqlalchemy
@pytest.mark.parametrize(
    "url", ["sqlite:///a.sqlite", "sqlite:///{}/a.sqlite", "sqlite:///%(basedir)s/a.sqlite"]
)
def test_the_pool_finds_the_database_of_the_master(url, tmp_path, master):
    place = tmp_path / "a.sqlite"
    with sqlite3.connect(place) as made:
        made.execute("CREATE TABLE t (x INTEGER)")
    pool = DBThreadPool()
    pool.configured(url.format(tmp_path), str(tmp_path))

    def write(connection):
        connection.exec_driver_sql("INSERT INTO t VALUES (3)")
        connection.commit()

    asyncio.run(_do(pool, write))
    assert asyncio.run(_do(pool, lambda c: c.exec_driver_sql("SELECT x FROM t").scalar())) == 3
    assert master.reloads == 1  # only after a commit
    pool.close()


@needs_sqlalchemy
def test_a_locked_database_is_tried_again(tmp_path, master):
    place = tmp_path / "a.sqlite"
    other = sqlite3.connect(place, isolation_level=None)
    other.execute("CREATE TABLE t (x INTEGER)")
    other.execute("BEGIN IMMEDIATE")
    pool = DBThreadPool()
    pool.configured("sqlite:///a.sqlite?timeout=0.01", str(tmp_path))
    calls = []

    def write(connection):
        calls.append(1)
        connection.exec_driver_sql("INSERT INTO t VALUES (3)")
        connection.commit()

    async def go():
        writing = asyncio.ensure_future(_do(pool, write))
        while not calls:
            await asyncio.sleep(0.01)
        other.execute("COMMIT")
        await writing

    asyncio.run(go())
    assert other.execute("SELECT x FROM t").fetchall() == [(3,)]
    other.close()
    pool.close()


def test_a_database_in_memory_is_refused(master):
    if importlib.util.find_spec("sqlalchemy") is None:
        pytest.skip("SQLAlchemy is not installed")
    pool = DBThreadPool()
    pool.configured("sqlite://", "/")
    with pytest.raises(RuntimeError, match="in memory cannot be shared"):
        asyncio.run(_do(pool, lambda connection: None))


def test_what_builders_do_not_know_says_whom_to_ask(monkeypatch):
    class Config:
        name, workernames = "b", ["w1"]

    made = Master()
    made.values = {"builders": [Config]}
    assert list(made.botmaster.builders) == ["b"]
    assert [b.name for b in made.botmaster.getBuildersForWorker("w1")] == ["b"]
    assert made.botmaster.getBuildersForWorker("w2") == []
    with pytest.raises(
        AttributeError, match=r"have no 'building' in this version: ask master\.data"
    ):
        _ = made.botmaster.builders["b"].building
