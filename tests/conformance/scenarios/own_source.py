# SPDX-License-Identifier: MIT
"""Forced, with a patch, again; then of two changes."""

WORKERS = ["w1", "w2"]
HEADERS_ONLY = ("git", "plain", "all", "latest", "nowhere", "computes", "halts")


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})


def play(stage):
    repository = stage.repository("repo")
    repository.git("config", "uploadarchive.allowUnreachable", "true")
    stage.finish(stage.force("b1", reason="newest"))
    diff = "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-first\n+patched\n"
    stage.finish(stage.force("b1", reason="patch", patch_body=diff, patch_level="1"))
    second = repository.commit("second", {"file": "second\n"})
    third = repository.commit("third", {"file": "third\n"})
    stage.finish(stage.force("b1", reason="id", branch="main", revision=second))
    stage.finish(stage.force("halts"))
    for revision in (second, third):
        stage.change(comments=revision, branch="main", files='["file"]')
    stage.classified(2)
    stage.restart_later(old="treeStableTimer=3600", new="treeStableTimer=1")
    stage.finished("b1", 4)
    stage.finish(stage.force("nothing"))
    stage.finish(stage.force("raises"))
