# SPDX-License-Identifier: MIT
"""Every fault at every state of a build's life: afterwards all is built once and nothing is lost."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest
from checks import problems, settle
from conftest import FULL
from faults import CUT, DISK_FULL, FAULTS, MASTER_KILLED, WORKER_KILLED, Fault
from running import wait_for
from scene import Scene
from states import STATES, State

# What a default run leaves out: a fault of the worker where no worker is involved, and what others cover nearly.
EVERYWHERE = (MASTER_KILLED, WORKER_KILLED, CUT, DISK_FULL)
ALSO = ("command running", "waiting for children", "claiming", "stopping")


@dataclass(frozen=True)
class Combination:
    state: State
    fault: Fault

    def __str__(self) -> str:
        return f"{self.fault.name} - {self.state.name}"

    def run(self, folder: Path) -> None:
        with Scene(folder) as scene:
            self.state.reach(scene)
            scene.announced.read_logs(scene.master)
            self.fault.strike(scene)
            self.go_on(scene)
            self.check(scene)

    def go_on(self, scene: Scene) -> None:
        scene.open_gates()
        scene.disk.release_commits()
        scene.proxy.go_on()
        if self.state.ends_master and scene.master.is_running():
            assert scene.master.wait_gone() == 0
            scene.master_is_gone()
        if not scene.master.is_running():
            scene.master_is_gone()
            scene.restart_master()
        self.state.resume(scene)
        scene.wait_for_threads()  # what was forced is stored by then, or refused
        settle(scene.store)

    def check(self, scene: Scene) -> None:
        found = problems(scene.store, scene.master, scene.announced) + self.fault.check(scene)
        assert not found, "\n".join([*found, scene.master.log()[-5000:]])
        # Everything still works: the scheduler takes a change, the worker builds it.
        sets = len(scene.master.rows("buildsets"))
        scene.change("after")
        wait_for("a new buildset", lambda: len(scene.master.rows("buildsets")) > sets)
        settle(scene.store)
        assert not problems(scene.store, scene.master, scene.announced)


COMBINATIONS = [
    Combination(state, fault)
    for state in STATES
    for fault in FAULTS
    if FULL or fault in EVERYWHERE or state.name in ALSO
]


@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_nothing_is_lost(combination: Combination, outcome: Future[None]) -> None:
    outcome.result()
