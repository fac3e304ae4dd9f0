# SPDX-License-Identifier: MIT
"""Four builds: the newest commit, the next one by its id, one of a tag, one of a branch as a ref."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    repository = stage.repository("repo")
    repository.commit("first", {"file": "first\n", ".gitignore": "*.ignored\n"})
    repository.git("tag", "-a", "-m", "one", "v1")
    repository.git("branch", "dev")


def play(stage):
    repository = stage.repository("repo")
    stage.finish(stage.force("b1", reason="newest"))
    second = repository.commit("second", {"file": "second\n", "new/file": "new\n"})
    repository.git("tag", "v2-light")
    third = repository.commit("third", {"file": "third\n"})
    stage.finish(stage.force("b1", reason="id", revision=second, branch="main"))
    stage.finish(stage.force("b1", reason="tag", branch="v1"))
    stage.finish(stage.force("b1", reason="ref", branch="refs/heads/dev", revision=third))
