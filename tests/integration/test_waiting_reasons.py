# SPDX-License-Identifier: MIT
"""Why a request waits: each kind of reason is seen once through REST, as docs/choosing.md shows it."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from running import ROOT, Master, Worker, running, wait_for

WORKER = str(ROOT / ".venv" / "bin" / "kilnbot-worker")
CONFIG = """
import asyncio

from buildbot.process import buildstep, results

KilnbotConfig = {"callback_deadline": 60}

def path(name):
    return os.path.join(basedir, name)

async def until_there(name):
    while not os.path.exists(path(name)):
        await asyncio.sleep(0.02)

def refuses(builder, wfb, request):
    return False

async def is_asked(builder, wfb, request):
    await until_there("asked-go")
    return True

async def decides(build):
    await until_there("decides-go")
    return False

class Raises(buildstep.BuildStep):
    async def run(self):
        raise RuntimeError("no")

class Retries(buildstep.BuildStep):
    async def run(self):
        return results.RETRY

class Stubborn(buildstep.BuildStep):
    def interrupt(self, reason):
        pass

    async def run(self):
        await until_there("stubborn-go")
        return results.SUCCESS

def holds(name):
    return steps.ShellCommand(command=f"while [ ! -e {path(name)} ]; do sleep 0.05; done")

lock = util.MasterLock("database")
held = {"locks": [lock.access("exclusive")]}
builders = {  # the worker, the step, other arguments
    "held": ("w1", holds("held-go"), {}),
    "also": ("w1", holds("also-go"), {}),
    "plain": ("w1", steps.ShellCommand(command="true"), {}),
    "holder": ("w1", holds("holder-go"), held),
    "locked": ("w1", steps.ShellCommand(command="true"), held),
    "refused": ("w1", steps.ShellCommand(command="true"), {"canStartBuild": refuses}),
    "asked": ("w1", steps.ShellCommand(command="true"), {"canStartBuild": is_asked}),
    "decides": ("w1", steps.ShellCommand(command="true"), {"do_build_if": decides}),
    "left": ("w1", steps.ShellCommand(command="true"), {}),
    "raises": ("w1", Raises(), {}),
    "retries": ("w1", Retries(), {}),
    "stubborn": ("w1", Stubborn(), {}),
    "w2": ("w2", holds("w2-go"), {}),
    "away": ("away", steps.ShellCommand(command="true"), {}),
    "gone": ("away", steps.ShellCommand(command="true"), {}),
    "new": ("w1", steps.ShellCommand(command="true"), {}),
}
if os.path.exists(path("without gone")):
    del builders["gone"]
if not os.path.exists(path("with new")):
    del builders["new"]
c["builders"] = [
    util.BuilderConfig(
        name=name, workernames=[on], factory=util.BuildFactory([step]), collapseRequests=False, **given
    )
    for name, (on, step, given) in builders.items()
]
c["prioritizeBuilders"] = lambda master, builders: [b for b in builders if b.name != "left"]
c["workers"] = [
    worker.Worker("w1", "pw1", max_builds=2), worker.Worker("w2", "pw1"), worker.Worker("away", "pw1")
]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=list(builders))]
"""


class Scene:
    """The master with w1 connected; cases leave it as it was."""

    def __init__(self, master: Master, folder: Path) -> None:
        self.master = master
        self.w1, self.w2 = (
            Worker(folder, master.pb, name, command=WORKER) for name in ("w1", "w2")
        )

    def path(self, name: str) -> Path:
        return self.master.dir / name

    def process(self) -> psutil.Process:
        pid = self.master.pid()
        assert pid is not None
        return psutil.Process(pid)

    def worker_id(self, name: str) -> int:
        return int(self.master.rows(f"workers/{name}")[0]["workerid"])

    def reasons_of_kind(self, request: int, kind: str) -> list[dict[str, Any]]:
        row = self.master.row_or_none(f"buildrequests/{request}/waiting")
        return [] if row is None else [one for one in row["reasons"] if one["kind"] == kind]

    @contextmanager
    def writes_held(self) -> Iterator[None]:
        """Somebody else writes into the database: the master waits for its turn."""
        with contextlib.closing(
            sqlite3.connect(self.path("state.sqlite"), isolation_level=None)
        ) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def reconfigure(self) -> None:
        done = self.master.cli("reconfig", str(self.master.dir))
        assert done.returncode == 0, done.stdout

    @contextmanager
    def held(self, builder: str) -> Iterator[int]:
        """A build that runs until the end of the block; its id."""
        go = self.path(f"{builder}-go")
        go.unlink(missing_ok=True)
        request = self.master.force(builder)
        build = self.master.build_of(request)
        wait_for("its step", lambda: self.master.steps(build)[-1]["name"] == "shell")
        try:
            yield build["buildid"]
        finally:
            go.touch()
            self.master.finished_build(request)

    @contextmanager
    def forced(self, builder: str) -> Iterator[int]:
        """A request that is complete after the block."""
        request = self.master.force(builder)
        try:
            yield request
        finally:
            row = self.master.rows(f"buildrequests/{request}")[0]
            if not row["complete"]:
                self.master.control(f"buildrequests/{request}", "cancel", reason="seen")
            self.done(request)

    def done(self, request: int) -> None:
        path = f"buildrequests/{request}"
        wait_for(f"the end of {path}", lambda: self.master.rows(path)[0]["complete"])


Case = Callable[[Scene], AbstractContextManager[tuple[int, dict[str, Any]]]]


@contextmanager
def not_connected(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.forced("away") as request:
        yield request, {"worker": "away"}


@contextmanager
def connecting(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """The row that says that the worker is there cannot be written yet."""
    with scene.forced("w2") as request:
        with scene.writes_held():
            scene.w2.start()
            yield request, {"worker": "w2"}
        scene.path("w2-go").touch()
        scene.master.finished_build(request)


@contextmanager
def preparing(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """The worker is told of a new builder, and stands still."""
    worker = psutil.Process(scene.w1.process.pid)
    worker.suspend()
    try:
        scene.path("with new").touch()
        scene.reconfigure()
        with scene.forced("new") as request:
            yield request, {"worker": "w1"}
    finally:
        worker.resume()


@contextmanager
def leaving(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """The worker is to end when its build is done."""
    if not scene.master.rows("workers/w2")[0]["connected_to"]:
        scene.w2.start()
        scene.master.wait_attached("w2")
    with scene.held("w2"):
        scene.master.control(f"workers/{scene.worker_id('w2')}", "stop", reason="maintenance")
        with scene.forced("w2") as request:
            yield request, {"worker": "w2"}


@contextmanager
def paused(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    worker = f"workers/{scene.worker_id('w1')}"
    scene.master.control(worker, "pause", reason="its disk is full")
    with scene.forced("plain") as request:
        yield request, {"worker": "w1"}
    scene.master.control(worker, "unpause")


@contextmanager
def quarantined(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    scene.master.finished_build(scene.master.force("raises"))
    now = time.time()
    with scene.forced("plain") as request:
        row = scene.master.rows(f"buildrequests/{request}/waiting")[0]
        until = row["reasons"][0]["until"]
        assert now - 1 <= until <= now + 60
        assert row["predicted_start_at"] == until
        yield request, {"worker": "w1", "until": until}
    scene.master.control(f"workers/{scene.worker_id('w1')}", "unpause")


@contextmanager
def building(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.held("held") as build, scene.forced("held") as request:
        yield request, {"worker": "w1", "builds": [build]}


@contextmanager
def full(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    both = scene.held("held"), scene.held("also")
    with both[0] as first, both[1] as second, scene.forced("plain") as request:
        yield request, {"worker": "w1", "builds": [first, second]}


@contextmanager
def locked(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.held("holder") as build, scene.forced("locked") as request:
        yield request, {"worker": "w1", "builds": [build], "lock": "database"}


@contextmanager
def retried(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.forced("retries") as request:
        reasons = wait_for("its retries", lambda: scene.reasons_of_kind(request, "retried"))
        assert reasons[0]["until"] >= int(time.time())
        yield request, {"until": reasons[0]["until"]}


@contextmanager
def refused(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.forced("refused") as request:
        yield request, {"worker": "w1"}


@contextmanager
def left_out(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.forced("left") as request:
        yield request, {}


@contextmanager
def asking(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    go = scene.path("asked-go")
    go.unlink(missing_ok=True)
    with scene.forced("asked") as request:
        yield request, {}
        go.touch()
        scene.master.finished_build(request)


@contextmanager
def behind(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """The worker is free, but the request before it is being asked about."""
    go = scene.path("asked-go")
    go.unlink(missing_ok=True)
    with scene.forced("asked") as first, scene.forced("asked") as second:
        assert scene.master.rows(f"buildrequests/{first}/waiting")[0]["position"] == 1
        assert scene.master.rows(f"buildrequests/{second}/waiting")[0]["position"] == 2
        yield second, {}
        go.touch()
        scene.master.finished_build(second)


@contextmanager
def not_configured(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.forced("gone") as request:
        scene.path("without gone").touch()
        scene.reconfigure()
        yield request, {}


@contextmanager
def storage_lost(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """No file of the master's may grow."""
    with scene.forced("away") as request, ThreadPoolExecutor() as pool:
        limit = scene.process().rlimit(psutil.RLIMIT_FSIZE)
        scene.process().rlimit(psutil.RLIMIT_FSIZE, (0, limit[1]))
        try:
            late = pool.submit(scene.master.force, "away")
            yield request, {}
        finally:
            scene.process().rlimit(psutil.RLIMIT_FSIZE, limit)
        scene.master.control(f"buildrequests/{late.result()}", "cancel", reason="seen")
    wait_for("it to be over", lambda: "can be written again" in scene.master.log())


@contextmanager
def starting(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """The claim of the request cannot be written yet."""
    go = scene.path("asked-go")
    go.unlink(missing_ok=True)
    with scene.forced("asked") as request:
        with scene.writes_held():
            go.touch()
            yield request, {"worker": "w1"}
        scene.master.finished_build(request)


@contextmanager
def deciding(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    go = scene.path("decides-go")
    go.unlink(missing_ok=True)
    with scene.forced("decides") as request:
        yield request, {"worker": "w1"}
        go.touch()
        scene.master.finished_build(request)


@contextmanager
def draining(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    with scene.held("held"), scene.forced("away") as request:
        scene.process().send_signal(signal.SIGUSR1)
        yield request, {}
        done = scene.master.cli("stop", "--cancel", str(scene.master.dir))
        assert done.returncode == 0, done.stdout


@contextmanager
def stopping(scene: Scene) -> Iterator[tuple[int, dict[str, Any]]]:
    """A step that does not end keeps the master from stopping for some seconds. It is the last case."""
    scene.path("stubborn-go").unlink(missing_ok=True)
    stubborn, away = scene.master.force("stubborn"), scene.master.force("away")
    build = scene.master.build_of(stubborn)
    wait_for("its step", lambda: len(scene.master.steps(build)) == 2)
    scene.process().send_signal(signal.SIGTERM)
    yield away, {}
    scene.path("stubborn-go").touch()
    wait_for("the master's end", lambda: scene.master.pid() is None)


CASES: list[Case] = [
    not_connected, paused, building, full, locked, quarantined, retried, refused, left_out, asking, behind, deciding,
    starting, connecting, leaving, preparing, not_configured, storage_lost, draining, stopping,
]  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("waiting")
    master = Master(folder).create(CONFIG)
    made = Scene(master, folder)
    try:
        with running(master, made.w1):
            master.wait_attached()
            yield made
    finally:
        made.w2.stop()


def examples() -> dict[str, dict[str, Any]]:
    """The reasons that docs/choosing.md shows, by kind."""
    text = (ROOT / "docs" / "choosing.md").read_text()
    shown = [json.loads(line) for line in text.splitlines() if line.startswith('{"kind":')]
    return {reason["kind"]: reason for reason in shown}


def without_places(value: Any) -> Any:
    """Numbers and folders are those of each run."""
    text = re.sub(r"\([^()]*/master\.cfg:", "(master.cfg:", json.dumps(value))
    return json.loads(re.sub(r"\d+", "1", text))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_reason_is_told_by_rest(scene: Scene, case: Case) -> None:
    kind = case.__name__
    with case(scene) as (request, fields):
        found = wait_for(f"the reason {kind}", lambda: scene.reasons_of_kind(request, kind))
    reason = found[0]
    assert {
        name: value for name, value in reason.items() if value and name not in ("kind", "text")
    } == fields

    shown = {name: value for name, value in reason.items() if value}
    assert without_places(shown) == without_places(examples()[kind])


def test_each_kind_of_the_documentation_has_its_case() -> None:
    assert set(examples()) == {case.__name__ for case in CASES}
