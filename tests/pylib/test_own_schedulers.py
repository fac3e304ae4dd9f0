# SPDX-License-Identifier: MIT
"""Which classes of schedulers decide in Python, and what those take."""

import asyncio
import datetime
import time

import pytest
from buildbot_cfg.schedulers import _cron

HEAD = """\
from buildbot.plugins import *
from buildbot.schedulers import base, basic, timed
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
c['builders'] = [util.BuilderConfig(name='b', workernames=['w1'], factory=util.BuildFactory())]
"""


@pytest.fixture
def kind(good):
    """Kind and name of the only scheduler."""

    def kind_of(text, made):
        view = good(f"{HEAD}{text}\nc['schedulers'] = [{made}]\n")
        (one,) = view.schedulers
        assert [s.name for s in view.scripted] == ([one.name] if one.kind == "scripted" else [])
        return one.kind

    return kind_of


SINGLE = "class S(schedulers.SingleBranchScheduler):"
MADE = "S(name='s', builderNames=['b'], branch='m')"
STOCK = {
    "nothing": f"{SINGLE} pass",
    "an attribute": f"{SINGLE} x = 1",
    "a method of its own": f"{SINGLE}\n    def other(self): pass",
    "a constructor": f"{SINGLE}\n    def __init__(self, **kw): super().__init__(**kw)",
}
OWN = {
    "changes": f"{SINGLE}\n    def addBuildsetForChanges(self, **kw): return super().addBuildsetForChanges(**kw)",
    "stamps": f"{SINGLE}\n    async def addBuildsetForSourceStamps(self, **kw): pass",
    "a change": f"{SINGLE}\n    def gotChange(self, change, important): pass",
    "a timer": f"{SINGLE}\n    def getTimerNameForChange(self, change): return change.project",
    "mixed in": f"class M:\n    def activate(self): pass\n{SINGLE.replace('(', '(M, ')} pass",
    "two levels": "class M(schedulers.SingleBranchScheduler):\n    def activate(self): pass\nclass S(M): pass",
}


@pytest.mark.parametrize("text", STOCK.values(), ids=STOCK)
def test_classes_that_override_nothing_are_decided_natively(kind, text):
    assert kind(text, MADE) == "single_branch"


@pytest.mark.parametrize("text", OWN.values(), ids=OWN)
def test_classes_that_override_something_decide_in_python(kind, text):
    assert kind(text, MADE) == "scripted"


def test_stock_ones_beside_them_stay_native(good):
    text = OWN["a change"] + f"\nc['schedulers'] = [{MADE}, schedulers.SingleBranchScheduler(\n"
    view = good(HEAD + text + "    name='t', builderNames=['b'], branch='m')]\n")
    assert [s.kind for s in view.schedulers] == ["scripted", "single_branch"]


def test_a_scheduler_of_ones_own_from_the_base_class(kind):
    text = "class S(base.ReconfigurableBaseScheduler):\n    def activate(self): pass"
    assert kind(text, "S(name='s', builderNames=['b'])") == "scripted"
    assert kind("S = base.BaseScheduler", "S('s', ['b'])") == "scripted"


def test_a_timed_one_needs_only_to_say_when(kind):
    text = "class S(timed.Timed):\n    def getNextBuildTime(self, last): return None"
    assert kind(text, "S(name='s', builderNames=['b'])") == "scripted"


def test_further_arguments_by_checkconfig_and_reconfigservice(good):
    text = """\
class S(schedulers.SingleBranchScheduler):
    def checkConfig(self, *args, extra=None, **kwargs):
        if extra is None:
            error("extra is needed")
        super().checkConfig(*args, **kwargs)
    def reconfigService(self, *args, extra=None, **kwargs):
        self.extra = extra
        return super().reconfigService(*args, **kwargs)
c['schedulers'] = [S(name='s', builderNames=['b'], branch='m', extra=7)]
"""
    view = good(HEAD + text)
    (one,) = view.scripted
    assert (one.name, one.branch, view.schedulers[0].builder_names) == ("s", "m", ["b"])
    one.reconfigService(builderNames=["b"], branch="n", extra=8)
    assert (one.extra, one.branch) == (8, "n")


def test_a_filter_of_ones_own_is_asked_when_the_file_is_read(good):
    text = """\
class S(schedulers.AnyBranchScheduler):
    def getChangeFilter(self, branch, branches, change_filter, categories):
        return util.ChangeFilter(branch=branches, project="p")
c['schedulers'] = [S(name='s', builderNames=['b'], branches=["x"])]
"""
    (view,) = good(HEAD + text).schedulers
    assert view.kind == "any_branch"
    assert sorted(view.filter) == [("branch", ["x"], False), ("project", ["p"], False)]


@pytest.fixture
def zone(monkeypatch):
    def set_zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield set_zone
    monkeypatch.undo()
    time.tzset()


def at(text):
    """The moment of a local time; the earlier one of two."""
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M").timestamp()


def table(**given):
    stars = dict.fromkeys(("hour", "dayOfMonth", "month", "dayOfWeek"), "*")
    return _cron.parse({"minute": 0, **stars, **given})


def test_the_next_time_of_a_table(zone):
    zone("UTC")
    times = table(minute=30, hour=3)
    assert times.next_after(at("2026-01-01 03:30") - 1) == at("2026-01-01 03:30")
    assert times.next_after(at("2026-01-01 03:30")) == at("2026-01-02 03:30")
    leap = table(hour=0, dayOfMonth=29, month=2)
    assert leap.next_after(at("2026-01-01 00:00")) == at("2028-02-29 00:00")
    assert table(hour=0, dayOfMonth="l").next_after(at("2026-02-01 00:00")) == at(
        "2026-02-28 00:00"
    )
    assert table(hour=0, dayOfWeek=0).next_after(at("2026-11-21 00:00")) == at("2026-11-23 00:00")


@pytest.mark.parametrize(
    ("name", "back"), [("Europe/Berlin", "2026-10-25"), ("America/New_York", "2026-11-01")]
)
def test_an_hour_that_comes_twice_counts_once(zone, name, back):
    zone(name)
    hour = 2 if name == "Europe/Berlin" else 1
    times = table(minute=30, hour=hour)
    first = times.next_after(at(f"{back} 00:00"))
    assert first == at(f"{back} 0{hour}:30")
    assert times.next_after(first) > first + 20 * 3600


def test_a_change_that_comes_while_others_are_built_is_kept(good):
    text = "class S(schedulers.SingleBranchScheduler):\n    def gotChange(self, change, important): pass"
    (one,) = good(f"{HEAD}{text}\nc['schedulers'] = [{MADE}]\n").scripted
    stored = {}

    async def get_state(name, default):
        await asyncio.sleep(0)
        return stored.get(name, default)

    async def set_state(name, value):
        await asyncio.sleep(0)
        stored[name] = value

    async def go():
        one.getState, one.setState = get_state, set_state
        await asyncio.gather(*(one._keep(number, "only", True) for number in range(3)))
        await asyncio.gather(
            one._keep(3, "only", False), one._drop({0, 1}), one._keep(4, "x", True)
        )

    asyncio.run(go())
    assert sorted(stored["waiting_changes"]) == [
        [2, "only", True], [3, "only", False], [4, "x", True]
    ]  # fmt: skip
