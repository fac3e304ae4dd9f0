# SPDX-License-Identifier: MIT
"""A parent without a revision, one with; parents with two codebases; a change."""

HEADERS_ONLY = ("git", "wanted")


def prepare(stage):
    for name in ("lib", "app"):
        repository = stage.repository(name)
        repository.commit(f"{name} first", {"file": f"{name} first\n"})
        repository.git("branch", "topic")


def play(stage):
    lib, app = stage.repository("lib"), stage.repository("app")
    request, _ = stage.at_gate("parent", "move", reason="newest")
    second = app.commit("app second", {"file": "app second\n"})
    stage.open("one")
    stage.finish(request)
    app.commit("app third", {"file": "app third\n"})
    stage.finish(stage.force("parent", reason="a revision", branch="main", revision=second))
    request = stage.force_by("force-bases", "bases", lib_branch="main", app_branch="")
    stage.wait_output(stage.build_of(request), "move")
    lib.commit("lib second", {"file": "lib second\n"})
    app.git("checkout", "-q", "topic")
    app.commit("app topic", {"file": "app topic\n"})
    stage.open("two")
    stage.finish(request)
    stage.change(revision=second, branch="main", files='["file"]')
    stage.finished("dependent", 1)
