# SPDX-License-Identifier: MIT
"""The Trigger step."""

import asyncio

import pylib_fakes
import pytest
from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, SUCCESS
from buildbot_cfg._master import MASTER


@pytest.fixture
def master(live, monkeypatch):
    """A master with three triggerable schedulers, one of another kind, and finished builds."""
    known = [schedulers.Triggerable(name=name, builderNames=["b"]) for name in ("a", "b", "c")]
    known.append(schedulers.AnyBranchScheduler(name="any", builderNames=["b"]))
    monkeypatch.setattr(MASTER, "values", {"schedulers": known})
    for brid, results in ((11, SUCCESS), (12, FAILURE), (13, SUCCESS)):
        build = {"buildid": brid, "results": results, "builderid": 2, "number": brid - 10}
        live.rows[f"buildrequests/{brid}/builds"] = [build]
    live.rows["builders/2"] = {"name": "child", "builderid": 2}
    return live


def answered(tmp_path, *answers):
    handle = pylib_fakes.FolderHandle(tmp_path)
    handle.trigger_answers = list(answers)
    return handle


def test_waiting_gives_the_worst_result_and_links(master, step_run, tmp_path):
    handle = answered(tmp_path, ({2: 11}, SUCCESS), ({2: 12}, FAILURE))
    step = steps.Trigger(schedulerNames=["a", "b"], waitForFinish=True)
    _, handle, end = step_run(step, handle=handle)

    assert (end["results"], end["step"]) == (FAILURE, "triggered a, b, 1 success, 1 failure")
    assert handle.urls == [
        ("a #11", "http://ci/#/buildrequests/11"),
        ("b #12", "http://ci/#/buildrequests/12"),
        ("success: child #1", "http://ci/#/builders/2/builds/1"),
        ("failure: child #2", "http://ci/#/builders/2/builds/2"),
    ]


def test_unimportant_schedulers_do_not_count(master, step_run, tmp_path):
    handle = answered(tmp_path, ({2: 11}, SUCCESS), ({2: 12}, FAILURE))
    step = steps.Trigger(
        schedulerNames=["a", "b"], unimportantSchedulerNames=["b"], waitForFinish=True
    )
    assert step_run(step, handle=handle)[2]["results"] == SUCCESS


def test_without_waiting_it_ends_at_once(master, step_run, tmp_path):
    handle = answered(tmp_path, ({2: 11}, FAILURE))
    _, handle, end = step_run(steps.Trigger(schedulerNames=["a"]), handle=handle)
    assert (end["results"], end["step"]) == (SUCCESS, "triggered a")
    assert handle.triggered[0][3:] == (False, "Triggered from")


def test_properties_are_set_and_copied(master, step_run, tmp_path):
    handle = answered(tmp_path, ({2: 11}, SUCCESS))
    step = steps.Trigger(
        schedulerNames=[util.Interpolate("%(prop:which)s")],
        set_properties={"n": 1, "text": util.Interpolate("on %(prop:branch)s")},
        copy_properties=["branch"],
        parent_relationship="made by",
    )
    properties = {"which": ("a", "x"), "branch": ("main", "Build")}
    step_run(step, handle=handle, properties=properties)
    assert handle.triggered[0][0] == "a"
    assert handle.triggered[0][1] == {
        "n": (1, "Trigger"),
        "text": ("on main", "Trigger"),
        "branch": ("main", "Trigger"),
    }
    assert handle.triggered[0][4] == "made by"


STAMPS = {
    "the build's": (
        {},
        {"branch": "main", "revision": "got", "repository": "", "project": "", "codebase": ""},
    ),
    "not updated": (
        {"updateSourceStamp": False},
        {"branch": "main", "revision": None, "repository": "", "project": "", "codebase": ""},
    ),
    "given": (
        {"sourceStamps": [{"codebase": "x", "branch": util.Property("branch")}]},
        {"codebase": "x", "branch": "main"},
    ),
    "given one": ({"sourceStamp": {"revision": "5"}}, {"codebase": "", "revision": "5"}),
    "latest": ({"alwaysUseLatest": True}, None),
}


@pytest.mark.parametrize("name", STAMPS)
def test_source_stamps(master, step_run, tmp_path, name):
    arguments, expected = STAMPS[name]
    handle = answered(tmp_path, ({2: 11}, SUCCESS))
    properties = {"got_revision": ("got", "Git"), "branch": ("main", "Build")}
    step_run(steps.Trigger(schedulerNames=["a"], **arguments), handle=handle, properties=properties)
    assert handle.triggered[0][2] == ([] if expected is None else [expected])


@pytest.mark.parametrize("name", ["nobody", "any"])
def test_a_scheduler_that_cannot_be_triggered_is_an_exception(master, step_run, tmp_path, name):
    handle = answered(tmp_path)
    _, _, end = step_run(steps.Trigger(schedulerNames=["a", name]), handle=handle)
    assert (end["results"], end["step"], end["build"]) == (EXCEPTION, "finished", "")
    assert "ValueError" in end["error"]
    assert handle.triggered == []


def test_a_failed_scheduling_does_not_keep_others_from_being_triggered(master, step_run, tmp_path):
    handle = answered(tmp_path, (RuntimeError("no"), SUCCESS), ({2: 11}, SUCCESS))
    step = steps.Trigger(schedulerNames=["a", "b"], waitForFinish=True)
    _, handle, end = step_run(step, handle=handle)
    assert end["results"] == EXCEPTION
    assert [order[0] for order in handle.triggered] == ["a", "b"]
    assert handle.log_named("err.text")


def test_an_interrupted_step_cancels_what_it_triggered(master, step_run, tmp_path):
    handle = pylib_fakes.FolderHandle(tmp_path)

    async def during(runner, handle):
        done = asyncio.get_running_loop().create_future()
        handle.trigger_answers = [({2: 11, 3: 12}, done)]
        while len(handle.urls) < 2:
            await asyncio.sleep(0)
        runner.interrupt("enough")
        while len(master.controlled) < 2:
            await asyncio.sleep(0)
        done.set_result(CANCELLED)

    step = steps.Trigger(schedulerNames=["a"], waitForFinish=True)
    _, _, end = step_run(step, handle=handle, during=during)
    assert (end["results"], end["step"]) == (CANCELLED, "interrupted")
    why = {"reason": "parent build was interrupted"}
    assert master.controlled == [(f"buildrequests/{brid}", "cancel", why) for brid in (11, 12)]


def test_hooks_of_subclasses(master, step_run, tmp_path):
    class Own(steps.Trigger):
        def getSchedulersAndProperties(self):
            return [
                {"sched_name": "a", "props_to_set": {"n": 1}, "unimportant": True},
                ("b", {"n": 2}),
            ]

        def createTriggerProperties(self, properties):
            made = (
                util.Properties()
                if hasattr(util, "Properties")
                else super().createTriggerProperties({})
            )
            made.setProperty("n", properties["n"] * 10, "Own")
            return made

        def getCurrentSummary(self):
            return {"step": "my own words"}

    handle = answered(tmp_path, ({2: 12}, FAILURE), ({2: 11}, SUCCESS))
    step = Own(schedulerNames=["dummy"], waitForFinish=True)
    _, handle, end = step_run(step, handle=handle)
    assert [order[1] for order in handle.triggered] == [{"n": (10, "Own")}, {"n": (20, "Own")}]
    assert (end["results"], end["step"]) == (SUCCESS, "my own words")


BAD = {
    "steps.Trigger()": "a scheduler to trigger is required",
    "steps.Trigger(schedulerNames=[])": "a scheduler to trigger is required",
    "steps.Trigger(schedulerNames=['a'], sourceStamps=[{'x': 1}], updateSourceStamp=True)": (
        '"sourceStamps" and "updateSourceStamp" exclude each other'
    ),
    "steps.Trigger(schedulerNames=['a'], alwaysUseLatest=True, updateSourceStamp=False)": (
        '"alwaysUseLatest" and "updateSourceStamp" exclude each other'
    ),
    "steps.Trigger(schedulerNames=['a'], unimportantSchedulerNames=['b'])": (
        '"unimportantSchedulerNames" has \'b\', "schedulerNames" has not'
    ),
    "steps.Trigger(schedulerNames='a')": (
        "\"schedulerNames\" must be a list or a tuple or None or a renderable, not 'a' (str)"
    ),
}


@pytest.mark.parametrize("expression", BAD)
def test_bad_arguments_are_errors(load, expression):
    found = load(
        f"from buildbot.plugins import *\nc = BuildmasterConfig = {{}}\n{expression}\n"
    ).problems
    assert BAD[expression] in [what for _, line, _, what in found if line == 3]
