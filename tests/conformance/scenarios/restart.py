# SPDX-License-Identifier: MIT
"""Paused worker, waiting requests, restart, unpause."""


def play(stage):
    stage.change(branch="main", revision="1", author="Ann <ann@x.org>")
    stage.finished("b1", 1)
    stage.settle()
    stage.control("workers/w1", "pause", reason="holiday")
    stage.wait("the pause", lambda: stage.rows("workers/w1")[0]["pause_reason"])
    stage.note(
        "paused",
        {k: stage.rows("workers/w1")[0][k] for k in ("paused", "pause_reason", "graceful")},
    )
    stage.change(branch="main", revision="2", author="Bob <bob@x.org>", properties='{"c": [1]}')
    stage.wait("the request", lambda: len(stage.rows("buildrequests")) == 2)
    stage.force("b1", reason="waits", branch="dev")
    stage.restart()
    stage.wait_attached("w1")
    stage.note("still paused", stage.rows("workers/w1")[0]["paused"])
    stage.note("builds", len(stage.rows("builds")))
    stage.control("workers/w1", "unpause", reason="back")
    stage.finished("b1", 3)
    stage.settle()
