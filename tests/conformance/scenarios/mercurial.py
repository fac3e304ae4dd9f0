# SPDX-License-Identifier: MIT
"""Builds of the newest, of a revision, of a branch with a patch."""

import os
import subprocess

HEADERS_ONLY = ("hg",)


def hg(*words, cwd=None):
    env = {**os.environ, "HGRCPATH": "", "HGPLAIN": "1"}
    done = subprocess.run(["hg", *words], check=True, cwd=cwd, capture_output=True, env=env)
    return done.stdout.decode().strip()


def commit(stage, text):
    root = stage.folder / "hg"
    (root / "file").write_text(text)
    stage.day = getattr(stage, "day", 0) + 1
    hg("commit", "-A", "-m", text, "-u", "ann", "-d", f"{1600000000 + stage.day} 0", cwd=root)
    return hg("log", "-r", ".", "-T", "{node}", cwd=root)


def prepare(stage):
    root = stage.folder / "hg"
    hg("init", str(root))
    (root / ".hgignore").write_text("syntax: glob\n*.ignored\n")
    commit(stage, "first\n")
    hg("branch", "topic", cwd=root)
    commit(stage, "topic\n")
    hg("update", "default", cwd=root)
    for branch in ("default", "topic"):
        hg("clone", str(root), f"{root}-{branch}")


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    second = commit(stage, "second\n")
    commit(stage, "third\n")
    stage.finish(stage.force("b1", reason="revision", revision=second, branch="default"))
    diff = "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-topic\n+patched\n"
    stage.finish(
        stage.force("b1", reason="patch", branch="topic", patch_body=diff, patch_level="1")
    )
    stage.finish(stage.force("b1", reason="plain", branch="topic"))
