# SPDX-License-Identifier: MIT
"""Locks: what the core reads of them, and what is wrong with them."""

import asyncio

import pytest

HEAD = """\
from buildbot.plugins import *
c = BuildmasterConfig = {}
c['protocols'] = {'pb': {'port': 9989}}
c['workers'] = [worker.Worker('w1', 'pw'), worker.Worker('w2', 'pw')]
a, b, pool = util.MasterLock('a'), util.MasterLock('b'), util.MasterLock('pool', maxCount=4)
disk = util.WorkerLock('disk', maxCount=1, maxCountForWorker={'w2': 3})
@util.renderer
def late(props):
    return [a.access('exclusive'), pool]
def step(*locks, **kwargs):
    return steps.ShellCommand(name='s', command='true', locks=list(locks), **kwargs)
def builder(name, locks, *given, on=('w1',)):
    f = util.BuildFactory(given)
    c['builders'].append(util.BuilderConfig(name=name, workernames=list(on), locks=locks, factory=f))
    c['schedulers'].append(schedulers.ForceScheduler(name='force-' + name, builderNames=[name]))
c['builders'], c['schedulers'] = [], []
"""

A = (False, "a", 1, {}, True, 1)
POOL = (False, "pool", 4, {}, False, 1)
DISK = (True, "disk", 1, {"w2": 3}, False, 2)


def test_lists_of_builders_and_workers(good):
    view = good(
        HEAD
        + "builder('x', [a.access('exclusive'), pool])\n"
        + "builder('y', late)\n"
        + "c['workers'][0].locks.append(disk.access('counting', 2))\n"
    )
    assert view.builders[0].locks == [A, POOL]
    assert not view.builders[0].renders_locks
    assert view.builders[1].locks == []
    assert view.builders[1].renders_locks
    assert view.workers[0].locks == [DISK]
    assert view.locks == [DISK[:4], A[:4], POOL[:4]]
    assert view.warnings == []


def test_shell_steps_with_locks_are_native(good):
    text = "builder('x', None, step(a.access('exclusive'), disk.access('counting', 2)), step(), step(late))\n"
    locked, free, rendered = good(HEAD + text).builders[0].steps
    assert locked.native["locks"] == [A, DISK]
    assert free.native.get("locks", []) == []
    assert rendered.native is None


def test_a_python_step_tells_its_locks(step_run):
    from buildbot.plugins import steps, util

    lock = util.MasterLock("a", maxCount=2)

    @util.renderer
    async def late(props):
        return [lock.access("exclusive"), lock]

    step = steps.SetProperty(property="x", value="y", locks=late, descriptionDone="done")
    _, _, end = step_run(step)
    assert end["locks"] == [(False, "a", 2, {}, True, 1), (False, "a", 2, {}, False, 1)]
    assert end["waiting_string"] == "done (not finished)"


def test_a_step_with_something_else_for_locks_fails(step_run):
    from buildbot.plugins import steps, util

    step = steps.SetProperty(property="x", value="y", locks=util.Property("nothing", [1]))
    _, _, end = step_run(step)
    assert '"locks" must hold accesses such as lock.access("counting"), not 1' in end["error"]


def test_a_skipped_step_has_no_locks(step_run):
    from buildbot.plugins import steps, util

    step = steps.SetProperty(property="x", value="y", locks=[util.MasterLock("a")], doStepIf=False)
    _, _, end = step_run(step)
    assert end["locks"] == []


def test_a_rendered_builder_list_is_the_builds_own(open_with):
    from buildbot.plugins import util

    lock = util.MasterLock("a")

    @util.renderer
    def late(props):
        return [lock.access("exclusive")] if props["wants"] else []

    assert asyncio.run(open_with(late, {"wants": (True, "test")})).locks == [A]
    assert asyncio.run(open_with(late, {"wants": (False, "test")})).locks == []
    assert asyncio.run(open_with([lock], {})).locks == []  # the core has it


@pytest.fixture
def open_with():
    import pylib_fakes
    from buildbot.plugins import util
    from buildbot_cfg import _policy
    from buildbot_cfg._view_builders import BuilderMaker

    async def go(locks, properties):
        config = util.BuilderConfig(
            name="b", workername="w1", factory=util.BuildFactory(), locks=locks
        )
        context = pylib_fakes.context()
        context["properties"].update(properties)
        return (await _policy.open_build(BuilderMaker(config, "http://ci/"), context, [])).session

    return go


BAD = {
    "no list": ("builder('x', a)", '"locks" must be a list of lock accesses'),
    "no access": ("builder('x', ['a'])", "must hold accesses such as"),
    "no access of a step": ("builder('x', None, step(3))", "must hold accesses such as"),
    "no name": ("util.MasterLock(3)", '"name" must be a string, not 3'),
    "no count": ("util.MasterLock('x', maxCount='2')", '"maxCount" must be an integer'),
    "no count of a worker": (
        "util.WorkerLock('x', maxCountForWorker={'w1': None})",
        "must be an integer, not None",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_with_its_line(load, name):
    line, what = BAD[name]
    problems = load(HEAD + line + "\n").problems
    assert any(what in problem[3] and problem[1] > 0 for problem in problems), problems


def test_more_places_than_there_are(good):
    view = good(HEAD + "builder('x', [pool.access('counting', 5), disk.access('counting', 3)])\n")
    assert len(view.warnings) == 1
    assert 'it takes 5 places of lock "pool", which has 4: it never gets them' in view.warnings[0]


CIRCLES = {
    "two builders": """\
builder('x', [a.access('exclusive')], step(b.access('exclusive')))
builder('y', [b.access('counting')], step(), step(a.access('counting')))
""",
    "three": """\
builder('x', [a.access('exclusive')], step(b.access('exclusive')))
builder('y', [b.access('exclusive')], step(pool.access('exclusive')))
builder('z', [pool.access('exclusive')], step(a.access('exclusive')))
""",
    "counting, when all places may be taken": """\
builder('x', [pool.access('counting', 2)], step(b.access('exclusive')))
builder('y', [b.access('exclusive')], step(pool.access('counting', 3)))
""",
    "with a worker's": """\
c['workers'][0].locks.append(a.access('exclusive'))
builder('x', [], step(b.access('exclusive')))
builder('y', [b.access('exclusive')], step(a.access('exclusive')), on=('w2',))
""",
}  # fmt: skip
NO_CIRCLES = {
    "one way": """\
builder('x', [a.access('exclusive')], step(b.access('exclusive')))
builder('y', [a.access('exclusive')], step(b.access('exclusive')))
""",
    "places enough": """\
builder('x', [pool.access('counting', 2)], step(b.access('exclusive')))
builder('y', [b.access('exclusive')], step(pool.access('counting', 2)))
""",
    "other workers": """\
builder('x', [disk.access('exclusive')], step(a.access('exclusive')), on=('w1',))
builder('y', [a.access('exclusive')], step(disk.access('exclusive')), on=('w2',))
""",
    "nothing taken": """\
builder('x', [a.access('exclusive')], step(b.access('exclusive')))
builder('y', [b.access('counting', 0)], step(a.access('exclusive')))
""",
    "a list of both": """\
builder('x', [a.access('exclusive'), b.access('exclusive')])
builder('y', [b.access('exclusive'), a.access('exclusive')])
""",
    "one builder, one worker": """\
builder('x', [a.access('exclusive')], step(b.access('exclusive')), step(a.access('exclusive')))
""",
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCLES)
def test_builds_that_could_wait_for_each_other_are_refused(load, name):
    problems = load(HEAD + CIRCLES[name]).problems
    assert len(problems) == 1
    assert "builds could wait for each other's locks for ever" in problems[0][3]


def test_a_circle_is_named(load):
    (problem,) = load(HEAD + CIRCLES["two builders"]).problems
    assert problem[2] == 'builder "x"'
    assert problem[3].endswith(
        'a build of "x" has lock "a" while its step "s" waits for lock "b"; '
        'a build of "y" has lock "b" while its step "s" waits for lock "a"'
    )


@pytest.mark.parametrize("name", NO_CIRCLES)
def test_what_cannot_block_is_no_circle(load, name):
    assert load(HEAD + NO_CIRCLES[name]).problems == []
