# SPDX-License-Identifier: MIT
"""A step holds a lock; others wait for it, and are ended before they get it."""

WORKERS = ["w1", "w2"]


def waiting(stage, name):
    request = stage.force(name)
    build = stage.build_of(request)
    row = stage.wait_step(build, "waits")
    stage.wait(
        "its state", lambda: stage.rows(f"steps/{row['stepid']}")[0]["state_string"] != "pending"
    )
    stage.note(f"{name} waits", stage.rows(f"steps/{row['stepid']}")[0]["state_string"])
    return request, build


def play(stage):
    holder, _ = stage.at_gate("holds", "holds")
    stopped, first = waiting(stage, "stopped")
    python, second = waiting(stage, "python")
    lost, _ = waiting(stage, "lost")
    last, _ = waiting(stage, "last")
    stage.stop_build(first, "stop the first")
    stage.finish(stopped)
    stage.stop_build(second, "stop the second")
    stage.finish(python)
    stage.kill_worker("w2")
    stage.finished("lost", 1)
    stage.open("open")
    for request in (holder, last):
        stage.finish(request)
    stage.start_worker("w2")
    stage.wait("the second try", lambda: stage.rows(f"buildrequests/{lost}")[0]["complete"])
