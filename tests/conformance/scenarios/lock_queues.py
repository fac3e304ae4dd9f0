# SPDX-License-Identifier: MIT
"""Steps wait for locks in the order in which they came; what waits can be seen, and does not run."""

WORKERS = ["w1", "w2"]


def waiting(stage, name, step):
    """Forces a build and waits until its step waits for a lock."""
    request = stage.force(name)
    build = stage.build_of(request)
    row = stage.wait_step(build, step)
    stage.wait(
        "its state", lambda: stage.rows(f"steps/{row['stepid']}")[0]["state_string"] != "pending"
    )
    now = stage.rows(f"steps/{row['stepid']}")[0]
    stage.note(
        f"{name} waits",
        {
            "state": now["state_string"],
            "acquired": now["locks_acquired_at"],
            "build": stage.rows(f"builds/{build['buildid']}")[0]["state_string"],
            "logs": len(stage.rows(f"steps/{row['stepid']}/logs")),
        },
    )
    return request


def acquired(stage, build, step):
    return stage.wait_step(build, step)["locks_acquired_at"] is not None


def play(stage):
    first, _ = stage.at_gate("first", "holds")
    second = waiting(stage, "second", "waits")
    third = waiting(stage, "third", "waits")
    computed = waiting(stage, "computed", "computed")
    stage.finish(stage.force("skipped"))
    stage.open("first")
    for request in (first, second, third, computed):
        stage.finish(request)
    stage.finish(stage.force("twice"))

    big, _ = stage.at_gate("big", "big")
    small, _ = stage.at_gate("small", "small")
    everything = waiting(stage, "all", "all")
    more = waiting(stage, "one more", "one more")
    stage.open("small")
    stage.finish(small)
    stage.note("all still waits", not stage.rows(f"buildrequests/{everything}")[0]["complete"])
    stage.open("big")
    for request in (big, everything, more):
        stage.finish(request)
    stage.finish(stage.force("too many"))

    here, _ = stage.at_gate("disk_a", "disk")
    there, _ = stage.at_gate("disk_c", "disk")
    beside, _ = stage.at_gate("disk_d", "disk")
    waits_here = waiting(stage, "disk_b", "disk")
    waits_there = waiting(stage, "disk_e", "disk")
    for name in "abcde":
        stage.open(f"disk_{name}")
    for request in (here, there, beside, waits_here, waits_there):
        stage.finish(request)
