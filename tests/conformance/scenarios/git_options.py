# SPDX-License-Identifier: MIT
"""Two builds: the newest commit, the next one by its id; then two codebases."""

HEADERS_ONLY = ("git", "second", "third")
HOW = {"p_name": "how", "p_value": "full", "q_name": "way", "q_value": "fresh", "project": "repo"}


def prepare(stage):
    repository = stage.repository("repo")
    repository.commit("first", {"file": "first\n", ".gitignore": "*.ignored\n"})
    repository.git("tag", "-a", "-m", "one", "v1")
    repository.git("branch", "dev")


def play(stage):
    repository = stage.repository("repo")
    stage.finish(stage.force_by("force", "b1", reason="newest", **HOW))
    second = repository.commit("second", {"file": "second\n", "new/file": "new\n"})
    repository.git("tag", "v2-light")
    repository.commit("third", {"file": "third\n"})
    stage.finish(stage.force_by("force", "b1", reason="id", revision=second, branch="main", **HOW))
    stage.finish(
        stage.force_by("bases", "bases", one_branch="main", two_branch="dev", two_revision=second)
    )
