# SPDX-License-Identifier: MIT
"""Builds of the newest, of a revision, with a patch."""

import os
import re
import subprocess

HEADERS_ONLY = ("darcs",)


def darcs(stage, *words, told=""):
    env = {**os.environ, "HOME": str(stage.folder)}
    done = subprocess.run(
        ["darcs", *words], check=True, cwd=stage.folder / "darcs", capture_output=True, env=env, input=told.encode()
    )  # fmt: skip
    return done.stdout.decode()


def commit(stage, text, day):
    (stage.folder / "darcs" / "file").write_text(text)
    author = f"2020010{day}000000\nann@x.org\n{text.strip()}\n"
    darcs(stage, "record", "--all", "--look-for-adds", "--pipe", told=author)


def prepare(stage):
    (stage.folder / "darcs").mkdir()
    darcs(stage, "initialize")
    commit(stage, "first\n", 1)


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    commit(stage, "second, longer\n", 2)
    context = darcs(stage, "log", "--context")
    commit(stage, "third\n", 3)
    stage.finish(stage.force("b1", reason="newest again"))
    stage.finish(stage.force("new", reason="revision", revision=context.strip() + "\n"))
    diff = "--- file\n+++ file\n@@ -1 +1 @@\n-third\n+patched\n"
    stage.finish(stage.force("b1", reason="patch", patch_body=diff, patch_level="0"))
    stage.finish(stage.force("b1", reason="plain"))
    told = darcs(stage, "log") + darcs(stage, "log", "--context")
    for count, salt in enumerate(re.findall(r"(?:patch|Ignore-this:) ([0-9a-f]{40,})", told)):
        stage.hidden.append((salt, f"$HASH{count}"))
