# SPDX-License-Identifier: MIT
"""A worker goes, another comes, its properties change; the first one comes back."""

WORKERS = ["w1", "w2"]


def play(stage):
    def known():
        return {
            row["name"]: [bool(row["connected_to"]), bool(row["configured_on"]), row["paused"], row["graceful"]]
            for row in stage.rows("workers")
        }  # fmt: skip

    stage.finish(stage.force("first"))
    stage.finish(stage.force("second"))
    stage.reconfig("VERSION = 1", "VERSION = 2")
    stage.wait("the loss of w2", lambda: not stage.rows("workers/w2")[0]["connected_to"])
    stage.note("after the removal", known())
    waits = stage.force("second")
    stage.start_worker("w3")
    stage.finish(waits)
    stage.finish(stage.force("first"))
    stage.reconfig("VERSION = 2", "VERSION = 3")
    stage.wait("the loss of w3", lambda: not stage.rows("workers/w3")[0]["connected_to"])
    stage.wait_attached("w2")
    stage.note("after its return", known())
    stage.finish(stage.force("second"))
    stage.finish(stage.force("first"))
