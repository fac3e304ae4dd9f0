# SPDX-License-Identifier: MIT
"""The worker comes when all requests are there."""

WORKERS = []


def play(stage):
    for clean, revision in (("", "1"), ("yes", "1"), ("", "1"), ("", "2"), ("", "2")):
        stage.force("b1", revision=revision, branch="main", clean=clean)
    stage.force("b2", revision="1", branch="main")
    stage.start_worker("w1")
