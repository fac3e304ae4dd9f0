# SPDX-License-Identifier: MIT
"""One build; then what the repository has got."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})


def play(stage):
    stage.finish(stage.force("b1"))
    repository = stage.repository("repo")
    stage.note("pushed", repository.git("log", "--format=%an %s %b", "pushed"))
    stage.note("tags", repository.git("tag"))
