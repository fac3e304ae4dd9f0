# SPDX-License-Identifier: MIT
"""One build after the other on a worker that has a lock; a build whose own locks are computed waits in its second step."""

WORKERS = ["w1", "w2", "w3"]


def pending(stage, name):
    request = stage.force(name)
    stage.finish(stage.force("idle"))
    row = stage.rows(f"buildrequests/{request}")[0]
    stage.note(
        f"{name} waits",
        {"claimed": row["claimed"], "builds": len(stage.rows(f"buildrequests/{request}/builds"))},
    )
    return request


def in_build(stage, name):
    request = stage.force(name)
    build = stage.build_of(request)
    row = stage.wait_step(build, "locks_acquire")
    now = stage.rows(f"steps/{row['stepid']}")[0]
    stage.wait(
        "its state", lambda: "acquir" in stage.rows(f"builds/{build['buildid']}")[0]["state_string"]
    )
    stage.note(
        f"{name} waits",
        {
            "state": now["state_string"],
            "acquired": now["locks_acquired_at"],
            "build": stage.rows(f"builds/{build['buildid']}")[0]["state_string"],
        },
    )
    return request, build


def play(stage):
    first, _ = stage.at_gate("a", "run")
    second = pending(stage, "b")
    stage.open("a")
    stage.open("b")
    stage.finish(first)
    stage.finish(second)

    held, _ = stage.at_gate("c", "run")
    waits = pending(stage, "d")
    computed, _ = in_build(stage, "e")
    stopped, to_stop = in_build(stage, "f")
    last, _ = in_build(stage, "g")
    stage.stop_build(to_stop, "stop f")
    stage.finish(stopped)
    for name in "cdeg":
        stage.open(name)
    for request in (held, computed, last, waits):
        stage.finish(request)
