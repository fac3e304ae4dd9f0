# SPDX-License-Identifier: MIT
"""Builds of the newest, of a revision, of a branch with a patch."""

import os
import subprocess

HEADERS_ONLY = ("bzr",)


def bzr(*words, cwd=None):
    env = {
        **os.environ,
        "PATH": "/usr/local/bin:/usr/bin:/bin",  # it takes the modules of the first Python on the way
        "BRZ_EMAIL": "Ann <ann@x.org>",
        "BRZ_HOME": "/nonexistent",
        "BRZ_LOG": "/dev/null",
    }
    done = subprocess.run(["bzr", *words], cwd=cwd, capture_output=True, text=True, env=env)
    if done.returncode:
        raise RuntimeError(f"bzr {words}: {done.stderr or done.stdout}")


def commit(stage, text):
    root = stage.folder / "bzr" / "trunk"
    (root / "file").write_text(text)
    bzr("commit", "-m", text.strip(), cwd=root)


def prepare(stage):
    root = stage.folder / "bzr" / "trunk"
    root.parent.mkdir()
    bzr("init", str(root))
    (root / ".bzrignore").write_text("*.ignored\n")
    (root / "file").write_text("first\n")
    bzr("add", cwd=root)
    commit(stage, "first\n")
    bzr("branch", str(root), str(root.parent / "topic"))


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    commit(stage, "second\n")
    commit(stage, "third\n")
    stage.finish(stage.force("b1", reason="revision", revision="2", branch="trunk"))
    diff = "--- file\n+++ file\n@@ -1 +1 @@\n-first\n+patched\n"
    stage.finish(
        stage.force("b1", reason="patch", branch="topic", patch_body=diff, patch_level="0")
    )
    stage.finish(stage.force("b1", reason="plain"))
