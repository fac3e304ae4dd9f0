# SPDX-License-Identifier: MIT
"""The master killed at every commit, within writes, and while it recovers."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from checks import problems, settle
from conftest import FULL
from running import wait_for
from scene import Scene
from states import talking, waiting_for_children


def work_until_killed(scene: Scene) -> None:
    """A change, a parent and its child; then more of them, until the write at which the master dies."""
    scene.in_background(scene.change, "r1")
    scene.force_later("parent")
    while scene.master.is_running():
        wait_for("the end of the work or the kill", lambda: scene.is_dead() or scene.is_idle())
        if scene.master.is_running():
            scene.force_later("parent")
            wait_for("its request", lambda: scene.is_dead() or not scene.is_idle())


def all_is_well(scene: Scene) -> None:
    settle(scene.store)
    found = problems(scene.store, scene.master, scene.announced)
    assert not found, "\n".join([*found, scene.master.log()[-5000:]])


@dataclass(frozen=True)
class Point:
    kind: str
    count: int

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            scene.start()
            scene.disk.kill_at(self.kind, self.count)
            work_until_killed(scene)
            scene.master_is_gone()
            scene.disk.no_kill()
            scene.restart_master()
            all_is_well(scene)


@dataclass(frozen=True)
class KilledAgain:
    """Killed with builds under way, and again at a commit of the recovery."""

    count: int

    def __str__(self) -> str:
        return f"recovery {self.count}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            waiting_for_children(scene)
            scene.announced.read_logs(scene.master)
            scene.kill_master()
            scene.disk.kill_at("wal_sync_before", self.count)
            scene.master.launch()
            scene.master.wait_gone()
            scene.disk.no_kill()
            scene.open_gates()
            scene.restart_master()
            all_is_well(scene)


@dataclass(frozen=True)
class KilledOften:
    """The same build is interrupted again and again."""

    times: int

    def __str__(self) -> str:
        return f"killed {self.times} times"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            talking(scene)
            for _ in range(self.times):
                scene.announced.read_logs(scene.master)
                scene.kill_master()
                scene.restart_master()
                scene.running_step("b1", "talk")
            scene.open_gates()
            all_is_well(scene)
            assert len(scene.master.rows("builds")) == self.times + 1


# One round of the work has about 25 commits, made of about 300 writes, and 10 writes of logs.
POINTS = [
    *(Point("wal_sync_before", n) for n in range(1, 33 if FULL else 25)),
    *(Point("wal_sync_after", n) for n in range(1, 33, 1 if FULL else 8)),
    *(Point("wal_write_before", n) for n in range(1, 320, 4 if FULL else 40)),
    *(Point("wal_write_half", n) for n in range(2, 320, 4 if FULL else 20)),
    *(Point("log_write_before", n) for n in range(1, 14, 1 if FULL else 4)),
    *(Point("log_write_half", n) for n in range(1, 14, 1 if FULL else 2)),
    *(KilledAgain(n) for n in range(1, 13 if FULL else 5)),
    KilledOften(5),
]


@pytest.mark.parametrize("combination", POINTS, ids=str)
def test_nothing_is_lost(
    combination: Point | KilledAgain | KilledOften, outcome: Future[None]
) -> None:
    outcome.result()
