# SPDX-License-Identifier: MIT
"""The faults. Each leaves the scene as an administrator would: what can be repaired is repaired."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from checks import RETRY
from disk import FULL, READ_ONLY
from running import wait_for
from scene import Scene


@dataclass(frozen=True)
class Fault:
    name: str
    strike: Callable[[Scene], None]
    check: Callable[[Scene], list[str]] = lambda scene: []


def kill_master(scene: Scene) -> None:
    scene.kill_master()


def loss_is_seen(scene: Scene) -> bool:
    """A master that stops once its builds are over may be gone already."""
    return not scene.master.is_running() or not scene.master.rows("workers/w1")[0]["connected_to"]


def kill_worker(scene: Scene) -> None:
    scene.kill_worker()
    scene.disk.release_commits()
    scene.proxy.go_on()
    wait_for("the loss to be seen", lambda: loss_is_seen(scene))
    scene.start_worker()


def cut(scene: Scene) -> None:
    scene.proxy.cut()


def half_open(scene: Scene) -> None:
    """The worker is gone and nobody told the master; the next one of its name comes."""
    scene.proxy.swallow()
    scene.kill_worker()
    scene.start_worker()


def stall(scene: Scene) -> None:
    """Nothing passes for a while, then everything does, in order."""
    scene.proxy.hold()
    scene.disk.release_commits()
    scene.open_gates()
    for _ in range(20):
        scene.master.rows("builds")
    scene.proxy.go_on()


def nothing_retried(scene: Scene) -> list[str]:
    rows = scene.store.query("SELECT id FROM builds WHERE results = ?", RETRY)
    return [f"build {row[0]} was done again although nothing was lost" for row in rows]


def refused(scene: Scene) -> bool:
    """Whether the master says that it accepts nothing now."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "enable", "params": {"enabled": True}}
    question = urllib.request.Request(
        scene.master.url("api/v2/schedulers/1"), json.dumps(call).encode(), {"Content-Type": "application/json"}
    )  # fmt: skip
    try:
        urllib.request.urlopen(question, timeout=2).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.code == 503 and b"cannot be written" in error.read()
    except TimeoutError:  # not known yet: this write waits
        return False
    return False


def lose_storage(scene: Scene, error: int) -> None:
    scene.disk.fail(error)
    scene.disk.release_commits()
    scene.force_later()  # answered when there is space again, if the master lives
    wait_for("a write that fails", lambda: scene.disk["refused"])
    wait_for("the master to say so", lambda: refused(scene))
    assert scene.master.rows("builders"), "reading must go on"


def disk_fails(error: int) -> Callable[[Scene], None]:
    def strike(scene: Scene) -> None:
        lose_storage(scene, error)
        scene.disk.works_again()
        wait_for("it to go on", lambda: not refused(scene))
        scene.wait_for_threads()

    return strike


def kill_master_on_full_disk(scene: Scene) -> None:
    lose_storage(scene, FULL)
    scene.kill_master()
    scene.disk.works_again()


def kill_both(scene: Scene) -> None:
    scene.kill_worker()
    scene.kill_master()
    scene.start_worker()


MASTER_KILLED = Fault("master killed", kill_master)
WORKER_KILLED = Fault("worker killed", kill_worker)
CUT = Fault("connection cut", cut)
DISK_FULL = Fault("disk full", disk_fails(FULL))
FAULTS = [
    MASTER_KILLED,
    WORKER_KILLED,
    CUT,
    DISK_FULL,
    Fault("disk read-only", disk_fails(READ_ONLY)),
    Fault("worker gone unseen", half_open),
    Fault("connection stalled", stall, nothing_retried),
    Fault("master killed on a full disk", kill_master_on_full_disk),
    Fault("master and worker killed", kill_both),
]
