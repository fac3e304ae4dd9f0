# SPDX-License-Identifier: MIT
"""Builds that need a lock wait as requests; computed locks are waited for in the build."""

WORKERS = ["w1", "w2"]


def pending(stage, name):
    request = stage.force(name)
    stage.finish(stage.force("zero"))  # the queue has been looked at
    row = stage.rows(f"buildrequests/{request}")[0]
    stage.note(
        f"{name} waits",
        {"claimed": row["claimed"], "builds": len(stage.rows(f"buildrequests/{request}/builds"))},
    )
    return request


def play(stage):
    first, _ = stage.at_gate("a")
    second = pending(stage, "b")
    stage.open("a")
    stage.finish(first)
    stage.open("b")
    stage.finish(second)

    one, _ = stage.at_gate("seat1")
    two, _ = stage.at_gate("seat2")
    three = pending(stage, "seat3")
    stage.open("seat1")
    stage.finish(one)
    stage.open("seat2")
    stage.open("seat3")
    stage.finish(two)
    stage.finish(three)

    here, _ = stage.at_gate("cpu1")
    waits = pending(stage, "cpu2")
    there, _ = stage.at_gate("cpu3")
    beside, _ = stage.at_gate("cpu4")
    for name in ("cpu1", "cpu2", "cpu3", "cpu4"):
        stage.open(name)
    for request in (here, waits, there, beside):
        stage.finish(request)

    for name in ("shared", "both", "empty", "zero"):
        stage.finish(stage.force(name))

    stage.open("rendered")
    stage.finish(stage.force("rendered"))
    stage.finish(stage.force("rendered", wants=""))
