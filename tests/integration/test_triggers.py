# SPDX-License-Identifier: MIT
"""Builds that other builds, the clock or other schedulers ask for; all of it is so under Buildbot 4.3 too (KILN_MASTER_CMD)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from running import Master, wait_for

BUILDERS = """
def builder(name, *given, workernames=["w1"], **kwargs):
    return util.BuilderConfig(name=name, workernames=workernames, factory=util.BuildFactory(list(given)), **kwargs)
def shell(command):
    return steps.ShellCommand(command=command, logEnviron=False)
ok, bad, slow = (builder(name, shell(command)) for name, command in (("ok", "true"), ("bad", "exit 1"), ("slow", "sleep 300")))
c["workers"].append(worker.Worker("w9", "never there"))
away = builder("away", shell("true"), workernames=["w9"])
"""

PARENT = (
    BUILDERS
    + """
c["builders"] = [ok, bad, builder("b1",
    steps.Trigger(name="both", schedulerNames=["t-ok", "t-bad"], waitForFinish=True, flunkOnFailure=False,
                  set_properties={"set": 1, "shared": "set"}, copy_properties=["color"]),
    steps.Trigger(name="nowait", schedulerNames=[util.Interpolate("t-%(kw:x)s", x="ok")], set_properties={"reason": "my own"}),
    steps.Trigger(name="unimportant", schedulerNames=["t-ok", "t-bad"], unimportantSchedulerNames=["t-bad"],
                  waitForFinish=True, parent_relationship="made by"),
    steps.SetProperty(property="got_revision", value="r7"),
    steps.Trigger(name="updated", schedulerNames=["t-ok"], waitForFinish=True),
    steps.Trigger(name="given", schedulerNames=["t-two"], waitForFinish=True, flunkOnFailure=False,
                  sourceStamps=[{"codebase": "lib", "branch": "x", "revision": "1"}, {"codebase": "other", "branch": "y"}]),
    steps.Trigger(name="unknown", schedulerNames=["t-ok", "nobody"], waitForFinish=True),
    properties={"color": "red"})]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["b1"]),
    schedulers.Triggerable(name="t-ok", builderNames=["ok"], properties={"shared": "own"}, priority=3),
    schedulers.Triggerable(name="t-bad", builderNames=["bad"], reason="%(name)s as it is"),
    schedulers.Triggerable(name="t-two", builderNames=["ok"], codebases={"": {}, "lib": {"repository": "r", "branch": "b"}}),
]
c["collapseRequests"] = False
"""
)


def words(master: Master, step: dict[str, Any]) -> tuple[int, str]:
    return step["results"], step["state_string"]


def links(master: Master, step: dict[str, Any]) -> list[str]:
    """A step's links, with the names of the pages."""
    names = {f"builders/{row['builderid']}": row["name"] for row in master.rows("builders")}
    shown = []
    for url in step["urls"]:
        page = url["url"].removeprefix(f"http://127.0.0.1:{master.http}/#/")
        for path, name in names.items():
            page = page.replace(f"{path}/", f"{name}/")
        shown.append(f"{url['name']} {page}")
    return shown


def buildsets(master: Master) -> list[dict[str, Any]]:
    return master.rows("buildsets?order=bsid")


def stamps(buildset: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    keys = ("branch", "revision", "repository")
    return {s["codebase"]: tuple(s[key] for key in keys) for s in buildset["sourcestamps"]}


def all_complete(master: Master) -> None:
    wait_for("all requests", lambda: all(r["complete"] for r in master.rows("buildrequests")))


def test_trigger_steps(run_master: Callable[[str], Master]) -> None:
    master = run_master(PARENT)
    parent = master.finished_build(master.force())
    all_complete(master)
    steps = {step["name"]: step for step in master.steps(parent)}

    assert words(master, steps["both"]) == (2, "triggered t-ok, t-bad, 1 success, 1 failure")
    assert links(master, steps["both"]) == [
        "t-ok #2 buildrequests/2",
        "t-bad #3 buildrequests/3",
        "success: ok #1 ok/builds/1",
        "failure: bad #1 bad/builds/1",
    ]
    assert words(master, steps["nowait"]) == (0, "triggered t-ok")
    assert links(master, steps["nowait"]) == ["t-ok #4 buildrequests/4"]
    assert words(master, steps["unimportant"]) == (0, "triggered t-ok, t-bad, 1 success, 1 failure")
    assert words(master, steps["updated"]) == (0, "triggered t-ok, 1 success")
    assert words(master, steps["unknown"]) == (4, "finished")
    assert (parent["results"], parent["state_string"]) == (4, "exception")
    assert "unknown triggered scheduler: 'nobody'" in master.log_text(steps["unknown"], "err_text")

    sets = buildsets(master)
    assert len(sets) == 8
    assert [(s["parent_buildid"], s["parent_relationship"]) for s in sets[:3]] == [
        (None, None),
        (parent["buildid"], "Triggered from"),
        (parent["buildid"], "Triggered from"),
    ]
    assert sets[1]["reason"] == "The Triggerable scheduler named 't-ok' triggered this build"
    assert sets[5]["reason"] == "%(name)s as it is"
    assert sets[3]["reason"] == "my own"
    assert sets[4]["parent_relationship"] == "made by"
    assert stamps(sets[6]) == {"": ("", "r7", "")}
    assert stamps(sets[7]) == {
        "": (None, None, ""),
        "lib": ("x", "1", "r"),
        "other": ("y", None, ""),
    }
    requests = master.rows("buildrequests?order=buildrequestid")
    assert [(r["waited_for"], r["priority"]) for r in requests[1:4]] == [
        (True, 3),
        (True, 0),
        (False, 3),
    ]
    child = master.build_of(2)
    properties = master.rows(f"builds/{child['buildid']}/properties")[0]
    assert properties["set"] == [1, "Trigger"]
    assert properties["color"] == ["red", "Trigger"]
    assert properties["shared"] == ["own", "Scheduler"]


STOPPED = (
    BUILDERS
    + """
c["builders"] = [slow, away, builder("b1",
    steps.Trigger(name="long", schedulerNames=["t-slow", "t-away"], waitForFinish=True),
    steps.ShellCommand(name="always", command="true", alwaysRun=True))]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["b1"]),
    schedulers.Triggerable(name="t-slow", builderNames=["slow"]),
    schedulers.Triggerable(name="t-away", builderNames=["away"]),
]
"""
)


def test_stopping_the_parent_cancels_children_that_run_and_that_wait(
    run_master: Callable[[str], Master],
) -> None:
    master = run_master(STOPPED)
    request = master.force()
    parent = master.build_of(request)
    child = master.build_of(2)
    wait_for("the second link", lambda: len(master.step(parent, "long")["urls"]) == 2)
    master.control(f"builds/{parent['buildid']}", "stop", reason="enough")
    parent = master.finished_build(request)
    all_complete(master)

    assert (parent["results"], parent["state_string"]) == (6, "cancelled (enough) interrupted")
    assert words(master, master.step(parent, "long")) == (6, "interrupted")
    assert words(master, master.step(parent, "always"))[0] == 0
    child = master.rows(f"builds/{child['buildid']}")[0]
    assert child["state_string"].startswith("cancelled (parent build was interrupted)")
    assert [row["results"] for row in master.rows("buildrequests?order=buildrequestid")] == [
        6,
        6,
        6,
    ]


ONE_PLACE = (
    BUILDERS
    + """
c["workers"][0] = worker.Worker("w1", "pw1", max_builds=1)
c["builders"] = [ok, builder("b1", steps.Trigger(schedulerNames=["t-ok"], waitForFinish=True)), builder("b2", shell("true"))]
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=["b1", "b2"]),
    schedulers.Triggerable(name="t-ok", builderNames=["ok"]),
]
"""
)


def test_a_parent_on_the_only_place_of_a_worker_waits_and_can_be_stopped(
    run_master: Callable[[str], Master],
) -> None:
    master = run_master(ONE_PLACE)
    request = master.force()
    parent = master.build_of(request)
    wait_for("the child's request", lambda: len(master.rows("buildrequests")) == 2)
    later = master.force("b2")
    assert not master.rows("buildrequests/2")[0]["claimed"]

    master.control(f"builds/{parent['buildid']}", "stop", reason="enough")

    assert master.finished_build(later)["results"] == 0
    assert master.rows(f"buildrequests/{request}")[0]["results"] == 6
    assert master.rows("buildrequests/2")[0]["results"] == 6
    assert master.rows("builds?buildrequestid=2") == []


TIMED = (
    BUILDERS
    + """
c["builders"] = [ok, bad]
up = schedulers.AnyBranchScheduler(name="any", builderNames=["ok"], treeStableTimer=1)
c["schedulers"] = [
    up,
    schedulers.Dependent(name="down", upstream=up, builderNames=["bad"]),
    schedulers.Periodic(name="hourly", builderNames=["ok"], periodicBuildTimer=3600),
    schedulers.Nightly(name="nightly", builderNames=["ok"], hour=3, onlyIfChanged=True),
]
"""
)


def states(master: Master) -> dict[tuple[str, str, str], str]:
    with sqlite3.connect(master.dir / "state.sqlite") as db:
        rows = db.execute(
            "SELECT o.name, o.class_name, s.name, s.value_json FROM objects o JOIN object_state s ON s.objectid = o.id"
        )
        return {(name, class_name, key): value for name, class_name, key, value in rows}


def test_timed_and_dependent_schedulers(run_master: Callable[[str], Master]) -> None:
    master = run_master(TIMED)
    reason = "The Periodic scheduler named 'hourly' triggered this build"
    wait_for("the periodic build", lambda: buildsets(master))
    assert [(row["reason"], stamps(row)) for row in buildsets(master)] == [
        (reason, {"": (None, None, "")})
    ]
    for branch, revision in (("main", "m1"), ("dev", "d1"), ("main", "m2")):
        master.hook(comments="c", author="Ann", repository="R", branch=branch, revision=revision)
    wait_for("all buildsets", lambda: len([s for s in buildsets(master) if s["complete"]]) == 5)

    found = sorted((s["reason"], *stamps(s).values()) for s in buildsets(master)[1:])
    any_reason = "The AnyBranchScheduler scheduler named 'any' triggered this build"
    assert found == [
        (any_reason, ("dev", "d1", "R")),
        (any_reason, ("main", "m2", "R")),
        ("downstream", ("dev", "d1", "R")),
        ("downstream", ("main", "m2", "R")),
    ]
    known = states(master)
    last_build = float(known["hourly", "Periodic", "last_build"])
    assert known["down", "buildbot.schedulers.dependent.Dependent", "upstream_bsids"] == "[]"

    master.stop()
    master.start()
    assert len(buildsets(master)) == 5
    assert float(states(master)["hourly", "Periodic", "last_build"]) == last_build


@pytest.mark.parametrize("hour", ["25", "'x'"])
def test_a_bad_time_is_named_with_its_line(tmp_path: Path, hour: str) -> None:
    lines = f'\nc["builders"] = []\nschedulers.Nightly(name="n", builderNames=[], hour={hour})\n'
    master = Master(tmp_path).create(lines)
    checked = master.cli("checkconfig", str(master.dir))
    if master.command.endswith("buildbot"):
        pytest.skip("Buildbot accepts it")
    line = (master.dir / "master.cfg").read_text().splitlines().index(lines.splitlines()[2]) + 1
    assert checked.returncode == 1
    assert f"master.cfg:{line}" in checked.stdout
    assert '"hour" has no meaning as cron field' in checked.stdout
