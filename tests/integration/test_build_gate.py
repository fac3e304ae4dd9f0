# SPDX-License-Identifier: MIT
"""do_build_if on a master that runs: functions of all kinds, those that raise or sleep, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Master, Worker, running, wait_for

CONFIG = """
import asyncio
import time

from twisted.internet import defer

KilnbotConfig = {"callback_deadline": 2}
f = util.BuildFactory([steps.ShellCommand(command="true", logEnviron=False)])

def plain(build):
    return build.getProperty("p") == "yes"

async def later(build):
    await asyncio.sleep(0.01)
    build.setProperty("asked about", await build.render(util.Interpolate("%(prop:p)s %(prop:buildername)s")), "later")
    return build.getProperty("p") == "yes"

@defer.inlineCallbacks
def deferred(build):
    yield defer.succeed(None)
    row = yield build.master.data.get(("buildrequests", build.requests[0].id))
    return row["claimed"] and build.getProperty("p") == "yes"

def raises(build):
    raise ValueError("no idea")

def sleeps(build):
    time.sleep(60)

async def waits(build):
    open(os.path.join(basedir, "waits"), "a").close()
    await asyncio.sleep(60)

class Bool:
    def __bool__(self):
        raise RuntimeError("neither yes nor no")

functions = {
    "plain": plain, "later": later, "deferred": deferred, "raises": raises, "sleeps": sleeps, "waits": waits,
    "neither": lambda build: Bool(), "none": None,
}
c["builders"] = [
    util.BuilderConfig(name=name, workernames=["w1"], factory=f, collapseRequests=False, do_build_if=function)
    for name, function in functions.items()
]
c["schedulers"] = [
    schedulers.ForceScheduler(
        name="force", builderNames=list(functions), properties=[util.StringParameter("p")]
    )
]
"""
SKIPPED, EXCEPTION, CANCELLED = 3, 4, 6


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    folder: Path = tmp_path_factory.mktemp("gate")
    made = Master(folder).create(CONFIG)
    with running(made, Worker(folder, made.pb)):
        yield made


@pytest.mark.parametrize("builder", ["plain", "later", "deferred"])
def test_functions_of_all_kinds_are_waited_for(master: Master, builder: str) -> None:
    skipped = master.finished_build(master.force(builder, p="no"))
    built = master.finished_build(master.force(builder, p="yes"))

    assert (skipped["results"], skipped["state_string"]) == (SKIPPED, "build successful")
    assert master.steps(skipped) == []
    assert built["results"] == 0
    assert [step["name"] for step in master.steps(built)] == ["worker_preparation", "shell"]
    assert [skipped["number"], built["number"]] == [1, 2]


def test_what_the_function_sets_is_a_property_of_the_build(master: Master) -> None:
    build = master.finished_build(master.force("later", p="what"))
    properties = master.rows(f"builds/{build['buildid']}/properties")[0]
    assert properties["asked about"] == ["what later", "later"]


def failed(master: Master, builder: str) -> dict[str, Any]:
    """The build, after whose failure the worker builds at once."""
    build = master.finished_build(master.force(builder))
    assert build["results"] == EXCEPTION
    assert master.finished_build(master.force("none"))["results"] == 0
    return build


def test_one_that_raises_ends_the_build(master: Master) -> None:
    build = failed(master, "raises")

    config = f"{master.dir / 'master.cfg'}"
    line = 1 + (master.dir / "master.cfg").read_text().splitlines().index("def raises(build):")
    why = f"do_build_if ({config}:{line}) failed: ValueError: no idea"
    assert build["state_string"] == why
    log = master.log_text(master.step(build, "worker_preparation"), "err_text")
    assert log.startswith(why)
    assert f'File "{config}", line {line + 1}, in raises' in log
    assert f"cannot start: {why}" in master.log()


def test_one_that_answers_nonsense_ends_the_build(master: Master) -> None:
    build = failed(master, "neither")
    assert build["state_string"].endswith("failed: RuntimeError: neither yes nor no")


@pytest.mark.parametrize("builder", ["sleeps", "waits"])
def test_one_that_takes_too_long_ends_the_build(master: Master, builder: str) -> None:
    build = failed(master, builder)
    assert "timed out after 2 s" in build["state_string"]


def test_a_request_is_cancelled_while_its_function_is_asked(master: Master) -> None:
    (master.dir / "waits").unlink(missing_ok=True)
    request = master.force("waits")
    wait_for("the question", (master.dir / "waits").exists)
    assert master.rows(f"buildrequests/{request}/waiting")[0]["reasons"] == [
        {
            "kind": "deciding",
            "text": "do_build_if is asked",
            "worker": "w1",
            "builds": [],
            "lock": None,
            "until": None,
        }
    ]

    master.control(f"buildrequests/{request}", "cancel", reason="enough")

    wait_for("its end", lambda: master.rows(f"buildrequests/{request}")[0]["complete"])
    assert master.rows(f"buildrequests/{request}")[0]["results"] == CANCELLED
    assert master.rows(f"builds?buildrequestid={request}") == []
    assert master.finished_build(master.force("none"))["results"] == 0
