# SPDX-License-Identifier: MIT
"""Schedulers of a configuration, and what the core reads of them."""

import dataclasses
import json
from pathlib import Path

import pytest
from buildbot_cfg.schedulers import _cron

HEAD = """\
from buildbot.plugins import *
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw')]
c['builders'] = [util.BuilderConfig(name='b', workernames=['w1'], factory=util.BuildFactory())]
s = []
c['schedulers'] = s
"""
VECTORS = Path(__file__).resolve().parents[1] / "data" / "schedulers" / "cron.json"
FIELDS = {"minute": 0, "hour": "*", "dayOfMonth": "*", "month": "*", "dayOfWeek": "*"}


@pytest.fixture
def view(good):
    """The view of the scheduler that an expression makes."""

    def view_of(expression, extra=""):
        return good(f"{HEAD}{extra}s.append({expression})\n").schedulers[-1]

    return view_of


@pytest.fixture
def problems(load):
    """What is wrong with the scheduler that an expression makes."""

    def problems_of(expression):
        found = load(f"{HEAD}s.append({expression})\n").problems
        return [what for _, line, _, what in found if line == len(HEAD.splitlines()) + 1]

    return problems_of


@pytest.mark.parametrize(
    "row", json.loads(VECTORS.read_text())["sets"], ids=lambda row: json.dumps(row["args"])
)
def test_cron_fields_mean_what_they_mean_upstream(row):
    # test_cron.cpp shows with the same file that these sets give Buildbot's times.
    assert dataclasses.asdict(_cron.parse({**FIELDS, **row["args"]})) == row["times"]


BAD_FIELDS = {
    "minute=61": "61 is not between 0 and 59",
    "minute='x'": "'x' is neither a number nor a name",
    "hour=[]": "the list is empty",
    "hour='24'": "24 is not between 0 and 23",
    "minute='*/0'": "'0' is no step",
    "minute='1-'": "'' is neither a number nor a name",
    "dayOfMonth=0": "0 is not between 1 and 31",
    "month='foo'": "'foo' is neither a number nor a name",
    "dayOfWeek='mon#1'": "'mon#1' is not possible in this version",
    "minute=None": "it must be an integer, a string or a list of them, not None",
    "minute=True": "it must be an integer, a string or a list of them, not True (bool)",
    "force_at_hour=99": "99 is not between 0 and 23",
}


@pytest.mark.parametrize("field", BAD_FIELDS)
def test_a_bad_cron_field_is_an_error_at_its_line(problems, field):
    name, value = field.split("=")
    (what,) = problems(f"schedulers.Nightly(name='n', builderNames=['b'], {field})")
    assert what == f'"{name}" has no meaning as cron field, {eval(value)!r}: {BAD_FIELDS[field]}'


BAD = {
    "schedulers.Nightly(name='n', builderNames=['b'], dayOfMonth=30, month=2)": (
        '"dayOfMonth" and "month" name a day that no year has'
    ),
    "schedulers.Periodic(name='n', builderNames=['b'], periodicBuildTimer=0)": (
        '"periodicBuildTimer" must be positive, not 0'
    ),
    "schedulers.Periodic(name='n', builderNames=['b'])": 'argument "periodicBuildTimer" is missing',
    "schedulers.Periodic(name='n', builderNames=['b'], periodicBuildTimer='x')": (
        "\"periodicBuildTimer\" must be an integer or a number, not 'x' (str)"
    ),
    "schedulers.Nightly(name='n', builderNames=['nob'])": (
        'unknown builder "nob" in "builderNames" (did you mean "b"?)'
    ),
    "schedulers.Nightly(name='n', builderNames=['b'], fileIsImportant=3)": (
        '"fileIsImportant" must be a function, not 3 (int)'
    ),
    "schedulers.Nightly(name='n', builderNames=['b'], reason='%(classname)s')": (
        'unknown key "%(classname)s" in "reason" (did you mean "name"?)'
    ),
    "schedulers.Dependent(name='n', builderNames=['b'], upstream='x')": (
        "\"upstream\" must be another scheduler, not 'x' (str)"
    ),
    "schedulers.AnyBranchScheduler(name='n', builderNames=['b'], branch='x')": (
        'unknown argument "branch" (did you mean "branches"?)'
    ),
    "schedulers.AnyBranchScheduler(name='n', builderNames=['b'], branches=['x'], change_filter=util.ChangeFilter())": (
        '"branches" and "change_filter" exclude each other'
    ),
    "schedulers.Triggerable(name='n', builderNames=['b'], reason=3)": (
        '"reason" must be a string or None, not 3 (int)'
    ),
}


@pytest.mark.parametrize("expression", BAD)
def test_a_bad_argument_is_an_error_at_its_line(problems, expression):
    assert BAD[expression] in problems(expression)


def test_a_nightly_scheduler(view):
    seen = view(
        "schedulers.Nightly('n', ['b'], minute=[0, 30], hour='1-3', onlyIfChanged=True, branch='m',"
        " createAbsoluteSourceStamps=True, force_at_hour=4)"
    )
    assert (seen.kind, seen.class_name) == ("nightly", "buildbot.schedulers.timed.Nightly")
    assert (seen.times.minutes, seen.times.hours) == ([0, 30], [1, 2, 3])
    assert (seen.forced_times.minutes, seen.forced_times.hours) == ([0], [4])
    assert (seen.only_if_changed, seen.absolute_stamps) == (True, True)
    assert seen.filter == [("branch", ["m"], False)]
    assert seen.reason == "The Nightly scheduler named 'n' triggered this build"


def test_a_branch_and_a_filter_must_both_hold(view, run):
    from buildbot_cfg import _hooks

    seen = view(
        "schedulers.Nightly('n', ['b'], onlyIfChanged=True, branch='m',"
        " change_filter=util.ChangeFilter(project_re='p.*'))"
    )
    texts = dict.fromkeys(
        ("author", "comments", "repository", "codebase", "revision", "category"), ""
    )
    change = {**texts, "when_timestamp": 0, "branch": "m", "project": "px", "files": []}
    assert run(_hooks.classify(seen.hooks, change)) == _hooks.IMPORTANT
    assert run(_hooks.classify(seen.hooks, {**change, "branch": "x"})) == _hooks.IGNORED
    assert run(_hooks.classify(seen.hooks, {**change, "project": "x"})) == _hooks.IGNORED


def test_other_kinds(view):
    seen = view("schedulers.Periodic(name='p', builderNames=['b'], periodicBuildTimer=1.5)")
    assert (seen.kind, seen.period) == ("periodic", 1.5)
    seen = view("schedulers.Triggerable('t', ['b'], reason='%(name)s as it is', priority=3)")
    assert (seen.kind, seen.reason, seen.priority) == ("triggerable", "%(name)s as it is", 3)
    seen = view("schedulers.NightlyTriggerable('t', ['b'], hour=3)")
    assert (seen.kind, seen.times.hours) == ("nightly_triggerable", [3])
    seen = view(
        "schedulers.Dependent('d', s[0], ['b'])", "s.append(schedulers.Triggerable('t', ['b']))\n"
    )
    assert (seen.kind, seen.upstream, seen.reason) == ("dependent", "t", "downstream")


def test_any_branch(view):
    seen = view("schedulers.AnyBranchScheduler(name='a', builderNames=['b'], treeStableTimer=5)")
    assert (seen.kind, seen.filter, seen.tree_stable_timer) == ("any_branch", [], 5)
    seen = view("schedulers.AnyBranchScheduler(name='a', builderNames=['b'], branches=['x', None])")
    assert seen.filter == [("branch", ["x", None], False)]


def test_public_import_paths(good):
    good(
        f"{HEAD}from buildbot.schedulers.timed import Nightly, NightlyTriggerable, Periodic\n"
        "from buildbot.schedulers.triggerable import Triggerable\n"
        "from buildbot.schedulers.basic import AnyBranchScheduler\n"
        "from buildbot.schedulers.dependent import Dependent\n"
        "from buildbot.steps.trigger import Trigger\n"
        "s.append(Triggerable(name='t', builderNames=['b']))\n"
    )
