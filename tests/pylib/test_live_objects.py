# SPDX-License-Identifier: MIT
"""``master.mq``, ``master.db.pool`` and the master's parts in configurations."""

import asyncio
import importlib.util
import sqlite3

import pylib_fakes
import pytest
from buildbot_cfg import _bridge, _wire
from buildbot_cfg._master import MASTER, Master
from buildbot_cfg.db.pool import DBThreadPool


class EventMaster(pylib_fakes.MemoryMaster):
    """One that counts how often it is to read again."""

    def __init__(self):
        super().__init__()
        self.reloads = 0

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
        AttributeError, match=r"have no 'expectations' in this version: ask master\.data"
    ):
        _ = made.botmaster.builders["b"].expectations


class Running(EventMaster):
    """A master with two builders, a worker and a build that runs."""

    def __init__(self):
        super().__init__()
        self.rows |= {
            "masters": [{"masterid": 1}],
            "builders": [{"builderid": 5, "name": "b"}, {"builderid": 6, "name": "other"}],
            "workers": [self.worker(1)],
            "schedulers": [{"name": "s", "enabled": False}],
            "builds": [{"buildid": 7, "builderid": 5, "workerid": 3, "number": 2}],
        }
        self.after_events = lambda path: None

    @staticmethod
    def worker(*connected_to, paused=False):
        return {
            "workerid": 3, "name": "w1", "connected_to": [{"masterid": one} for one in connected_to],
            "paused": paused, "graceful": False, "workerinfo": {"admin": "Ann"},
        }  # fmt: skip

    async def data_get(self, path, spec):
        rows = await super().data_get(path, spec)
        self.after_events(path)
        return rows


@pytest.fixture
def looked(monkeypatch, good):
    """A running master and its Python side with a loaded configuration."""
    config = good("""
        from buildbot.plugins import schedulers, util, worker
        names = {"workernames": ["w1"], "factory": util.BuildFactory()}
        c = BuildmasterConfig = {
            "workers": [worker.Worker("w1", "pw", max_builds=2)],
            "builders": [util.BuilderConfig(name=name, **names) for name in ("b", "other")],
            "schedulers": [schedulers.ForceScheduler(name="s", builderNames=["b", "other"])],
            "protocols": {"pb": {"port": 0}},
        }
    """)
    made = Running()
    monkeypatch.setattr(_bridge, "live_master", lambda: made)
    monkeypatch.setattr(MASTER, "values", config.values)
    return made


def seen(builder="b"):
    """What the mirror tells of a builder's builds."""
    return [build.number for build in MASTER.botmaster.builders[builder].building]


def test_the_mirror_is_filled_and_follows_events(looked, mirror, run):
    run(mirror.activated("/base", wanted=True))
    b, w1 = MASTER.botmaster.builders["b"], MASTER.workers.workers["w1"]
    assert (MASTER.masterid, seen(), b.building[0].builder is b) == (1, [2], True)
    assert [(wfb.isBusy(), wfb.isAvailable()) for wfb in b.workers] == [(True, False)]
    assert (w1.isConnected(), w1.info.getProperty("admin"), w1.workerid) == (True, "Ann", 3)
    assert w1.canStartBuild()
    new = {"buildid": 8, "builderid": 6, "workerid": 3, "number": 1}
    looked.event("builds/8/new", new)
    assert seen("other") == [1]
    assert not w1.canStartBuild()  # max_builds
    looked.event("builds/8/finished", new)
    looked.event("builds/7/finished", {"buildid": 7})
    looked.event("workers/3/state_updated", looked.worker(1, paused=True))
    assert (seen(), seen("other"), w1.isPaused(), w1.canStartBuild()) == ([], [], True, False)
    looked.event("workers/3/disconnected", looked.worker())
    assert (b.workers, w1.workerforbuilders, w1.conn) == ([], {}, None)


def test_what_happens_while_the_mirror_is_filled_counts(looked, mirror, run):
    def late(path):
        if path == "builds":
            looked.event("builds/7/finished", {"buildid": 7})
            looked.event("builds/9/new", {"buildid": 9, "builderid": 5, "workerid": 3, "number": 4})
        elif path == "builders":
            looked.event("workers/3/disconnected", looked.worker())

    looked.after_events = late
    run(mirror.filled())
    assert seen() == [4]
    assert not MASTER.workers.workers["w1"].isConnected()


def test_a_build_that_is_over_does_not_come_back_with_its_python_side(looked, mirror, run):
    run(mirror.filled())
    looked.event("builds/7/finished", {"buildid": 7})
    mirror.began(object(), 7, "b", "w1")
    assert seen() == []
    mirror.began(type("Build", (), {"number": 3}), 8, "b", "w1")
    looked.event("builds/8/new", {"buildid": 8, "builderid": 5, "workerid": 3, "number": 3})
    assert seen() == [3]


def test_a_build_of_a_virtual_builder_is_one_of_its_requests_builder(looked, mirror, run):
    looked.rows["buildrequests/31"] = {"buildrequestid": 31, "builderid": 6}
    build = {"builderid": 99, "buildrequestid": 31, "workerid": 3}
    looked.rows["builds"].append({**build, "buildid": 8, "number": 1})

    async def go():
        await mirror.filled()
        assert seen("other") == [1]
        for buildid, number in ((9, 2), (10, 3)):
            looked.event(f"builds/{buildid}/new", {**build, "buildid": buildid, "number": number})
        looked.event("builds/10/finished", {"buildid": 10})
        while seen("other") != [1, 2]:
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    run(go())
    assert seen("other") == [1, 2]


def test_nobody_who_looks_no_events(looked, mirror, run):
    run(mirror.activated("/base", wanted=False))
    assert looked.consumers == {}
    assert (MASTER.masterid, seen()) == (1, [])


def test_a_mirror_that_cannot_be_filled_says_so_and_is_filled_later(looked, mirror, run):
    rows = looked.rows.pop("builders")
    with pytest.raises(TypeError):
        run(mirror.filled())
    assert not mirror.is_filled
    looked.rows["builders"] = rows
    run(mirror.filled())
    assert (seen(), len(looked.consumers)) == ([2], 6)
