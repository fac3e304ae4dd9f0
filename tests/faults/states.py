# SPDX-License-Identifier: MIT
"""The states of a build's life, each reached and held without a sleep."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from proxy import TO_MASTER
from running import wait_for
from scene import Scene


def count(sql: str) -> Callable[[sqlite3.Connection], object]:
    return lambda database: database.execute(sql).fetchone()[0]


@dataclass(frozen=True)
class State:
    """`reach` gets there, everything stands still then; `resume` is what it takes to go on after the fault."""

    name: str
    reach: Callable[[Scene], None]
    resume: Callable[[Scene], None] = lambda scene: None
    ends_master: bool = False  # the master ends by itself after this state


def change_stored(scene: Scene) -> None:
    scene.shut("calm")
    scene.start()
    scene.change("r1")
    wait_for("the change", lambda: scene.master.rows("changes"))
    wait_for("the timer", lambda: scene.store.query("SELECT * FROM scheduler_changes"))
    assert not scene.master.rows("buildsets")


def build_the_change(scene: Scene) -> None:
    """A started master reads a configuration with a short timer; one that runs keeps the timer it began."""
    if not scene.was_restarted:
        scene.master.stop()
        scene.master_is_gone()
        scene.restart_master()
    wait_for(
        "the buildset of the change",
        lambda: [s for s in scene.master.rows("buildsets") if s["sourcestamps"][0]["revision"]],
    )


def request_waiting(scene: Scene) -> None:
    scene.start()
    scene.master.control("workers/w1", "pause", reason="fault")
    wait_for("the pause", lambda: scene.master.rows("workers/w1")[0]["paused"])
    scene.force()
    assert not scene.master.rows("builds")


def unpause(scene: Scene) -> None:
    assert scene.master.rows("workers/w1")[0]["paused"], "the pause is forgotten"
    scene.master.control("workers/w1", "unpause", reason="fault")


def stepped(sql: str) -> Callable[[Scene], None]:
    """Held at the commit after which `sql` would count something."""

    def reach(scene: Scene) -> None:
        scene.start()
        scene.disk.hold_commits()
        scene.force_later()
        scene.disk.step_until(sql, count(sql))

    return reach


def preparing(scene: Scene) -> None:
    scene.start()
    scene.proxy.hold(TO_MASTER)
    build = scene.master.build_of(scene.force())
    assert [s["name"] for s in scene.master.steps(build)] == ["worker_preparation"]


def talking(scene: Scene) -> None:
    scene.shut("talk")
    scene.start()
    scene.force()
    step = scene.running_step("b1", "talk")
    wait_for("the output's announcement", lambda: scene.announced_lines(step) >= 10)


def stopping(scene: Scene) -> None:
    talking(scene)
    scene.proxy.hold(TO_MASTER)
    scene.master.control("builds/1", "stop", reason="enough")


def waiting_for_children(scene: Scene) -> None:
    scene.shut("young")
    scene.start()
    scene.force("parent")
    scene.running_step("child", "young")
    scene.running_step("parent", "trigger")


def children_finished(scene: Scene) -> None:
    """Held at the commit that ends the child, while its parent waits for it."""
    waiting_for_children(scene)
    scene.disk.hold_commits()
    scene.open_gates()
    ended = (
        "SELECT count(*) FROM builds WHERE results IS NOT NULL AND builderid ="
        " (SELECT id FROM builders WHERE name = 'child')"
    )
    scene.disk.step_until("the child's end", count(ended))


def reconfiguring(scene: Scene) -> None:
    talking(scene)
    scene.shut("load")
    scene.master.signal(signal.SIGHUP)
    wait_for("the load", lambda: (scene.gates / "loading").exists())


def shutting_down(scene: Scene) -> None:
    talking(scene)
    scene.force()
    scene.master.signal(signal.SIGUSR1)
    wait_for("the shutdown", lambda: "stopping once the running builds" in scene.master.log())


ONE = "(SELECT id FROM steps WHERE name = 'one')"
STATES = [
    State("change stored", change_stored, build_the_change),
    State("request stored", stepped("SELECT count(*) FROM buildrequests")),
    State("request waiting", request_waiting, unpause),
    State("claiming", stepped("SELECT count(*) FROM buildrequest_claims")),
    State("claimed, build not stored", stepped("SELECT count(*) FROM builds")),
    State("preparing the worker", preparing),
    State("step starting", stepped(f"SELECT count(*) FROM steps WHERE id = {ONE} AND started_at IS NOT NULL")),
    State("command running", talking),
    State("between steps", stepped(f"SELECT count(*) FROM steps WHERE id = {ONE} AND results IS NOT NULL")),
    State("build finishing", stepped("SELECT count(*) FROM builds WHERE results IS NOT NULL")),
    State("stopping", stopping),
    State("waiting for children", waiting_for_children),
    State("children finished", children_finished),
    State("reconfiguring", reconfiguring),
    State("clean shutdown", shutting_down, ends_master=True),
]  # fmt: skip
