# SPDX-License-Identifier: MIT
"""The worker comes when all requests are there."""

WORKERS = []


def play(stage):
    for name in ("default", "never", "always"):
        for revision in ("1", "2", "3"):
            bsid = len(stage.rows("buildsets"))
            stage.change(branch="main", revision=revision, project=name)
            stage.wait("the request", lambda bsid=bsid: len(stage.rows("buildsets")) > bsid)
        bsid = len(stage.rows("buildsets"))
        stage.change(branch="dev", revision="4", project=name)
        stage.wait("the request", lambda bsid=bsid: len(stage.rows("buildsets")) > bsid)
        stage.force(name, revision="5", branch="main", project=name)
        stage.force(name, revision="5", branch="main", project=name, p="y")
        stage.force(name, revision="6", branch="main", project=name)
    for priority in (1, 3, 3, 2, 3):
        stage.force("asked", priority=priority)
    stage.note(
        "claimed before the worker",
        [row["claimed"] for row in stage.rows("buildrequests?order=buildrequestid")],
    )
    stage.start_worker("w1")
