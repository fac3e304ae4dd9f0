# SPDX-License-Identifier: MIT
"""Each builder of a branch, some again."""

HEADERS_ONLY = ("git", "own", "absolute", "blanks", "up", "within", "one", "two")


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})


def play(stage):
    for builder in ("plain", "else", "rendered", "callable", "copy"):
        stage.finish(stage.force(builder, branch="main"))
    stage.repository("repo").commit("second", {"file": "second\n"})
    for builder in ("rendered", "callable", "copy"):
        stage.finish(stage.force(builder, branch="main"))
