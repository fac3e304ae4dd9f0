# SPDX-License-Identifier: MIT
"""Changes one by one, a trigger, then a restart."""

import json

SETS_IN_ANY_ORDER = True


def play(stage):
    def change(builds, files=(), **fields):
        stage.change(files=json.dumps(list(files)), **fields)
        for name in builds:
            built[name] = built.get(name, 0) + 1
            stage.finished(name, built[name])
        stage.settle()

    built = {}
    stage.finished("once", 1)
    change(["x", "y", "stamps", "quiet", "raises"], branch="main", revision="1")
    change(["x", "stamps", "raises"], branch="main", revision="2", project="x", author="robot")
    change(
        ["stamps", "quiet", "raises"],
        branch="main",
        revision="3",
        comments="skip this",
        properties='{"c": 1}',
    )
    change(["x", "y", "stamps", "raises"], branch="main", revision="4", files=["doc"])
    change(["x", "y", "stamps", "quiet"], branch="main", revision="5")
    change(["bare"], branch="bare", revision="6")
    change(["x", "y", "stamps", "quiet", "raises"], branch="main", revision="7")
    stage.finish(stage.force("b1"))
    stage.restart()
    change(["bare"], branch="bare", revision="8")
    change(["x", "y", "stamps", "quiet", "raises"], branch="main", revision="9")
