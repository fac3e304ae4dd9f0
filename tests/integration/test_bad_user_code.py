# SPDX-License-Identifier: MIT
"""User code that blocks, exits, fails or never answers: its own build ends, everything else goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import HEADER, Master, Worker, running, wait_for

CONFIG = """
import sys, threading, time
from twisted.internet import defer
from buildbot.process import buildstep
from buildbot.process.results import SUCCESS

KilnbotConfig = {"policy_report_after": 0.5, "callback_deadline": 0.3}
FIFO = os.path.join(basedir, "fifo")

def builder(name, run, worker="w1"):
    step = type(name, (buildstep.BuildStep,), {"name": name, "run": run})
    return util.BuilderConfig(name=name, workernames=[worker], factory=util.BuildFactory([step()]))

async def exits(self):
    sys.exit("told to go")

async def keyboard(self):
    raise KeyboardInterrupt

def exits_at_once(self):
    sys.exit(7)

async def gives_none(self):
    pass

async def gives_text(self):
    return "success"

async def gives_99(self):
    return 99

@defer.inlineCallbacks
def never(self):
    yield self.addCompleteLog("begun", "x")
    yield defer.Deferred()

async def blocks(self):
    open(FIFO).read()
    return SUCCESS

async def fine(self):
    return SUCCESS

native = util.BuildFactory([steps.ShellCommand(command="seq 1 1000; echo end", logEnviron=False)])
def never_collapses(master, builder, newer, older):
    while True:
        try:
            threading.Event().wait()
        except Exception:
            pass

def slow_filter(change):
    time.sleep(1000)

async def slow_importance(change):
    await defer.succeed(None)
    while True:
        pass

async def late_importance(change):
    await defer.Deferred()

python = [exits, keyboard, exits_at_once, gives_none, gives_text, gives_99, never, blocks, fine]
c["workers"].append(worker.Worker("w2", "pw2"))
c["builders"] = [builder(run.__name__, run) for run in python] + [
    util.BuilderConfig(name="native", workernames=["w2"], factory=native),
    util.BuilderConfig(name="collapse", workernames=["w3"], factory=native, collapseRequests=never_collapses),
]
c["workers"].append(worker.Worker("w3", "pw3"))
def by_change(name, **given):
    return schedulers.SingleBranchScheduler(name=name, builderNames=["native"], **given)
c["schedulers"] = [
    schedulers.ForceScheduler(name="force", builderNames=[b.name for b in c["builders"]]),
    by_change("plain", branch="main"),
    by_change("slow", change_filter=util.ChangeFilter(filter_fn=slow_filter)),
    by_change("endless", branch="main", fileIsImportant=slow_importance),
    by_change("late", branch="main", fileIsImportant=late_importance),
]
"""


def line_of(text: str) -> int:
    return (HEADER + CONFIG).replace("{{", "{").split("\n").index(text) + 1


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    folder: Path = tmp_path_factory.mktemp("bad")
    made = Master(folder).create(CONFIG)
    os.mkfifo(made.dir / "fifo")
    with running(made, Worker(folder, made.pb), Worker(folder, made.pb, "w2", "pw2")):
        for name in ("w1", "w2"):
            made.wait_attached(name)
        yield made


def traceback_of(master: Master, build: dict[str, Any]) -> str:
    step = master.step(build, master.get(f"builders/{build['builderid']}")["builders"][0]["name"])
    return master.log_text(step, "err_text")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("exits", "SystemExit: told to go"),
        ("keyboard", "KeyboardInterrupt"),
        ("exits_at_once", "SystemExit: 7"),
        ("gives_none", "must return a result, not None"),
        ("gives_text", "must return a result, not 'success'"),
        ("gives_99", "must return a result, not 99"),
    ],
)
def test_a_bad_step_is_an_exception_and_the_next_build_is_fine(
    master: Master, name: str, said: str
) -> None:
    build = master.finished_build(master.force(name))
    next_build = master.finished_build(master.force("fine"))

    assert build["results"] == 4
    assert said in traceback_of(master, build)
    assert next_build["results"] == 0


def test_a_step_whose_deferred_never_fires_can_be_stopped(master: Master) -> None:
    request = master.force("never")
    build = master.build_of(request)
    wait_for("the step", lambda: [s for s in master.steps(build) if s["name"] == "never"])
    master.control(f"builds/{build['buildid']}", "stop", reason="enough")

    assert master.finished_build(request)["results"] == 6
    assert master.finished_build(master.force("fine"))["results"] == 0


def test_native_builds_go_on_while_a_step_blocks_the_policy_thread(master: Master) -> None:
    request = master.force("blocks")
    build = master.build_of(request)
    wait_for("the report", lambda: "blocks the policy thread" in master.log())

    for _ in range(5):
        native = master.finished_build(master.force("native"))
        assert native["results"] == 0
        assert master.log_text(master.steps(native)[-1]).count("\n") > 1000
    assert master.hook(author="me", revision="r", branch="main", comments="x")
    wait_for("the change", lambda: master.rows("changes"))
    still = master.rows(f"builds/{build['buildid']}")[0]
    assert not still["complete"]

    (master.dir / "fifo").write_text("go on")
    assert master.finished_build(request)["results"] == 0
    wait_for("the end", lambda: "the policy thread is free again after" in master.log())
    line = line_of("    open(FIFO).read()")
    assert f"master.cfg:{line};" in master.log()
    assert f'master.cfg", line {line}, in blocks' in master.log()


def test_callbacks_that_take_too_long_are_broken_and_named(master: Master) -> None:
    builds = len(master.rows("builders/native/builds"))

    master.hook(author="me", revision="r2", branch="main", comments="x")

    wait_for("the build", lambda: len(master.rows("builders/native/builds")) > builds)
    sleeping, spinning = line_of("    time.sleep(1000)"), line_of("        pass")
    for text in (
        f"timed out after 0.3 s at {master.dir}/master.cfg:{sleeping}",
        f"timed out after 0.3 s at {master.dir}/master.cfg:{spinning - 1}",
        "late_importance timed out after 0.3 s",
    ):
        wait_for(text, lambda text=text: text in master.log())
    assert master.finished_build(master.force("fine"))["results"] == 0


def test_a_collapse_function_that_hangs_collapses_nothing(master: Master) -> None:
    first, second = master.force("collapse"), master.force("collapse")

    wait_for("the second force", lambda: "timed out after 0.3 s" in master.log())
    assert master.finished_build(master.force("fine"))["results"] == 0
    for request in (first, second):
        assert not master.rows(f"buildrequests/{request}")[0]["complete"]
