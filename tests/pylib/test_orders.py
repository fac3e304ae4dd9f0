# SPDX-License-Identifier: MIT
"""What user code has to say when builds are ordered and changes come in."""

import asyncio

import pytest
from buildbot_cfg import _policy
from buildbot_cfg._master import MASTER

CONFIG = """\
from buildbot.plugins import *
c = BuildmasterConfig = {{}}
c['protocols'] = {{'pb': {{'port': 9989}}}}
c['workers'] = [worker.Worker('w1', 'pw')]
c['builders'] = [util.BuilderConfig(name=n, workernames=['w1'], factory=util.BuildFactory()) for n in ('b', 'b2')]
async def later(names, changes): return 4
c['schedulers'] = [schedulers.Triggerable('all', ['b', 'b2']), schedulers.AnyBranchScheduler(name='s', {given})]
"""
CHANGE = {
    "changeid": 7, "author": "Ann", "files": ["x"], "comments": "", "revision": "r", "when_timestamp": 1,
    "branch": "main", "category": None, "repository": "", "codebase": "", "project": "",
    "properties": {"won": ("by the change", "Change")},
}  # fmt: skip


def draft(**given):
    return {
        "builder_names": ["b"],
        "properties": {"color": ("red", "Change"), "scheduler": ("s", "Scheduler")},
        "sourcestamps": [{"codebase": "", "revision": "r"}],
        "changes": [CHANGE],
        "priority": 0,
        **given,
    }


@pytest.fixture
def view(good):
    return lambda given: good(CONFIG.format(given=given)).schedulers[-1]


@pytest.fixture
def ordered(view):
    """The order that the scheduler makes of a draft."""
    return lambda given, **of: asyncio.run(_policy.complete_order(view(given).order, draft(**of)))


def test_plain_schedulers_are_not_asked(view):
    seen = view("builderNames=['b'], properties={'p': [1]}, priority=3")
    assert (seen.order, seen.priority, seen.properties) == (None, 3, {"p": ([1], "Scheduler")})


def test_a_priority_may_be_computed_from_builders_and_changes(ordered):
    given = (
        "builderNames=['b'], priority=lambda names, changes: len(names) + changes[''][0].changeid"
    )
    assert ordered(given)["priority"] == 8
    assert ordered("builderNames=['b'], priority=later")["priority"] == 4


@pytest.mark.parametrize(
    "function", ["lambda n, c: 'high'", "lambda n, c: None", "lambda n, c: 1 / 0", "lambda: 1"]
)
def test_a_priority_that_is_none_is_no_order(ordered, function):
    with pytest.raises((TypeError, ZeroDivisionError)):
        ordered(f"builderNames=['b'], priority={function}")


def test_properties_are_rendered_and_changes_win(ordered, view):
    given = """builderNames=['b'], properties={'plain': 1, 'of': util.Interpolate('of %(prop:color)s'),
        'won': util.Property('color'), 'rev': util.renderer(lambda props: props.sourcestamps[0]['revision']),
        'files': util.renderer(lambda props: props.files)}"""
    assert view(given).properties == {"plain": (1, "Scheduler")}
    properties = draft()["properties"] | {"won": ("by the change", "Change")}
    assert ordered(given, properties=properties)["properties"] == {
        **properties,
        "of": ("of red", "Scheduler"),
        "rev": ("r", "Scheduler"),
        "files": (["x"], "Scheduler"),
    }


def test_builders_are_rendered(ordered, view):
    one = "builderNames=['b', util.Interpolate('b%(prop:which)s')]"
    all_ = "builderNames=util.renderer(lambda props: ['b2'])"
    assert (view(one).builder_names, view(all_).builder_names) == (["b"], [])
    assert ordered(one, properties={"which": (2, "Change")})["builder_names"] == ["b", "b2"]
    assert ordered(all_)["builder_names"] == ["b2"]
    with pytest.raises(TypeError, match="must become a list of strings, not 'b2'"):
        ordered("builderNames=util.Interpolate('b2')")


def test_a_builder_that_only_a_renderable_names_is_driven(good):
    text = CONFIG.format(given="builderNames=util.renderer(lambda props: ['b2'])")
    assert good(text.replace("schedulers.Triggerable('all', ['b', 'b2']), ", ""))


@pytest.mark.parametrize(
    ("codebase", "revlink", "done"),
    [(None, None, ("lib", "link/r")), ("own", "mine", ("own", "mine")), ("", "", ("", "link/r"))],
)
def test_a_change_is_completed(monkeypatch, codebase, revlink, done):
    functions = {
        "codebaseGenerator": lambda change: change["branch"],
        "revlink": lambda revision, repository: f"link/{revision}",
    }
    monkeypatch.setattr(MASTER, "values", functions)
    change = CHANGE | {"branch": "lib", "repository": "r", "codebase": codebase, "revlink": revlink}
    made = asyncio.run(_policy.complete_change(change))
    assert (made["codebase"], made["revlink"]) == done


def test_the_core_asks_only_when_there_is_something_to_compute(good):
    text = CONFIG.format(given="builderNames=['b']")
    assert not good(text).completes_changes
    assert good(text + "c['codebaseGenerator'] = lambda change: ''\n").completes_changes
    assert good(text + "c['revlink'] = lambda revision, repository: None\n").completes_changes
