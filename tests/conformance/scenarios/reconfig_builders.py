# SPDX-License-Identifier: MIT
"""A build stands at a gate while its builder changes and another goes; then the removed one comes back."""


def play(stage):
    kept, _ = stage.at_gate("kept", "gate")
    stage.open("removed")
    stage.finish(stage.force("removed"))
    stage.reconfig("VERSION = 1", "VERSION = 2")
    stage.open("go1")
    stage.finish(kept)

    stage.finish(stage.force("added"))
    stage.open("go2")
    stage.finish(stage.force("kept"))
    stage.finish(stage.force("same"))
    stage.change(branch="main", revision="1")
    stage.finished("added", 2)
    stage.settle()
    stage.note(
        "schedulers",
        {row["name"]: row["master"] is not None for row in stage.rows("schedulers")},
    )
    stage.note("builders", {row["name"]: bool(row["masterids"]) for row in stage.rows("builders")})

    stage.reconfig("VERSION = 2", "VERSION = 3")
    stage.open("go3")
    stage.finish(stage.force("removed"))
    stage.finish(stage.force("kept"))
    stage.change(branch="main", revision="2")
    stage.finished("removed", 3)
