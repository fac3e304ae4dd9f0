# SPDX-License-Identifier: MIT
"""Disks that fill up in the middle of something, and masters that are started on one that cannot be written."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from checks import problems, settle
from conftest import FULL as ALL
from disk import FULL, LOGS, READ_ONLY, WAL
from faults import nothing_retried, refused
from proxy import TO_MASTER
from running import wait_for
from scene import CONFIG, Scene
from states import talking

LOUD = (
    CONFIG
    + """
loud = steps.ShellCommand(name="loud", command=["sh", "-c", "head -c 80000000 /dev/zero | tr '\\\\0' 'x' | fold -w 200"])
c["builders"].append(builder("loud", loud))
c["schedulers"].append(schedulers.ForceScheduler(name="force-loud", builderNames=["loud"]))
"""
)


LATE = (
    CONFIG
    + """
def wait(name):
    return f"while [ -e {{GATES / name}} ]; do sleep 0.02; done; "
words = "for i in $(seq 30); do printf 'late %04000d\\n' $i; done; "
c["builders"].append(builder("late", steps.ShellCommand(name="late", command=["sh", "-c", wait("begin") + words + wait("talk")])))
c["schedulers"].append(schedulers.ForceScheduler(name="force-late", builderNames=["late"]))
"""
)


def force_only(scene: Scene, builder: str) -> None:
    builderid = scene.master.builder_id(builder)
    scene.master.control(f"forceschedulers/force-{builder}", "force", builderid=builderid)


def stands_still(value: Callable[[], int]) -> int:
    """The value that is the same at 100 looks in a row."""
    looks: list[int] = []

    def look() -> bool:
        looks.append(value())
        return len(looks) > 100 and len(set(looks[-100:])) == 1

    wait_for("a standstill", look)
    return looks[-1]


def all_is_well(scene: Scene) -> None:
    settle(scene.store)
    found = problems(scene.store, scene.master, scene.announced) + nothing_retried(scene)
    assert not found, "\n".join([*found, scene.master.said()])


@dataclass(frozen=True)
class Space:
    """So many bytes are left when a change, a parent and its child are to be built."""

    left: int

    def __str__(self) -> str:
        return f"{self.left} bytes left"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            scene.start()
            scene.disk["space"] = self.left
            scene.in_background(scene.change, "r1")
            scene.force_later("parent")
            wait_for("a write that fails", lambda: scene.disk["refused"])
            wait_for("the master to say so", lambda: refused(scene))
            scene.disk.works_again()
            wait_for("it to go on", lambda: not refused(scene))
            scene.wait_for_threads()
            all_is_well(scene)


@dataclass(frozen=True)
class OnlyLogs:
    """The log files cannot be written, the database can: steps end once their logs are stored."""

    error: int

    def __str__(self) -> str:
        return f"only the logs' disk fails with {self.error}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            talking(scene)
            scene.announced.read_logs(scene.master)
            scene.disk.fail(self.error, LOGS)
            scene.open_gates()
            wait_for("a write that fails", lambda: scene.disk["refused"])
            wait_for(
                "the error to be told", lambda: "trying again each second" in scene.master.log()
            )
            assert not scene.master.rows("builds")[0]["complete"]
            scene.disk.works_again()
            all_is_well(scene)


@dataclass(frozen=True)
class OnlyDatabase:
    """The database cannot be written, the log files can."""

    error: int

    def __str__(self) -> str:
        return f"only the database's disk fails with {self.error}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            talking(scene)
            scene.announced.read_logs(scene.master)
            scene.disk.fail(self.error, WAL)
            scene.open_gates()
            wait_for("the master to say so", lambda: refused(scene))
            assert not scene.master.rows("builds")[0]["complete"]
            scene.disk.works_again()
            all_is_well(scene)


@dataclass(frozen=True)
class Stopped:
    """A master that is stopped while it cannot write gives up in time, and the next one loses nothing."""

    error: int

    def __str__(self) -> str:
        return f"stopped while the disk fails with {self.error}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            talking(scene)
            scene.announced.read_logs(scene.master)
            scene.disk.fail(self.error)
            scene.force_later()
            wait_for("the master to say so", lambda: refused(scene))
            scene.master.signal(signal.SIGTERM)
            scene.master.wait_gone(limit_s=90)
            scene.master_is_gone()
            scene.disk.works_again()
            scene.open_gates()
            scene.restart_master()
            settle(scene.store)
            found = problems(scene.store, scene.master, scene.announced)
            assert not found, "\n".join([*found, scene.master.said()])


@dataclass(frozen=True)
class StartedOn:
    """A master that starts on a disk that cannot be written says so and ends; later it starts."""

    error: int

    def __str__(self) -> str:
        return f"started while the disk fails with {self.error}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            talking(scene)
            scene.announced.read_logs(scene.master)
            scene.kill_master()
            scene.disk.fail(self.error)
            scene.master.launch()
            assert scene.master.wait_gone(limit_s=90) == 1
            said = scene.master.output.read_text()
            assert any(
                word in said for word in ("full", "writable", "readonly", "Read-only", "No space")
            ), said
            scene.disk.works_again()
            scene.open_gates()
            scene.restart_master()
            settle(scene.store)
            found = problems(scene.store, scene.master, scene.announced)
            assert not found, "\n".join([*found, scene.master.said()])


@dataclass(frozen=True)
class HeldLogs:
    """Killed while the log files lag behind what the websocket announces."""

    def __str__(self) -> str:
        return "killed before a log was written"

    def run(self, folder: Path) -> None:
        with Scene(folder, LATE) as scene:
            scene.shut("begin", "talk")
            scene.start()
            force_only(scene, "late")
            step = scene.running_step("late", "late")
            scene.disk["hold_logs"] = 1
            (scene.gates / "begin").unlink()
            wait_for("a write of the log", lambda: scene.disk["logs_held"])
            enough = time.monotonic() + 1
            wait_for("a premature announcement, or a second without any",
                     lambda: scene.announced_lines(step) or time.monotonic() > enough)  # fmt: skip
            scene.kill_master()
            scene.disk["hold_logs"] = 0
            scene.open_gates()
            scene.restart_master()
            settle(scene.store)
            found = problems(scene.store, scene.master, scene.announced)
            assert not found, "\n".join([*found, scene.master.said()])


@dataclass(frozen=True)
class Flood:
    """80 MB of output come while nothing can be stored: the worker is not read beyond a bound."""

    def __str__(self) -> str:
        return "80 MB of output on a full disk"

    def run(self, folder: Path) -> None:
        with Scene(folder, LOUD) as scene:
            scene.start()
            assert scene.master.process is not None
            process = psutil.Process(scene.master.process.pid)
            force_only(scene, "loud")
            step = scene.running_step("loud", "loud")
            wait_for("the output", lambda: scene.announced_lines(step))
            before = process.memory_info().rss
            scene.disk.fail(FULL)
            wait_for("the master to say so", lambda: refused(scene))
            passed = stands_still(lambda: scene.proxy.passed[TO_MASTER])
            assert passed < 40_000_000, "the worker is read on and on"
            grown = process.memory_info().rss - before
            assert grown < 60_000_000, f"{grown} bytes more after {passed} bytes read"
            scene.disk.works_again()
            all_is_well(scene)


COMBINATIONS = [
    *(Space(left) for left in range(0, 900_000 if ALL else 600_000, 30_000 if ALL else 100_000)),
    *(kind(error) for kind in (OnlyLogs, OnlyDatabase, Stopped, StartedOn) for error in (FULL, READ_ONLY)),
    HeldLogs(),
    Flood(),
]  # fmt: skip


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_nothing_is_lost(combination: Space, outcome: Future[None]) -> None:
    outcome.result()
