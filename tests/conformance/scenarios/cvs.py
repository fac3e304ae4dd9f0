# SPDX-License-Identifier: MIT
"""Builds of the newest, of a date, of a branch with a patch."""

import re
import subprocess

HEADERS_ONLY = ("cvs",)
# The programs of cvsutils, which Debian 12 has not: both delete what is unknown to CVS, the first also what was changed.
FAKE = """#!/bin/sh
[ "$1" = --ignore ] || all="-I !"
cvs -nq update $all 2>/dev/null | sed -n 's/^[{kinds}] //p' | while read -r name; do rm -rf "$name"; done
"""


def cvs(*words, cwd, root):
    subprocess.run(["cvs", "-Q", "-d", str(root), *words], check=True, cwd=cwd, capture_output=True)


def prepare(stage):
    root, work = stage.folder / "cvs", stage.folder / "import"
    cvs("init", cwd=stage.folder, root=root)
    work.mkdir()
    (work / "file").write_text("first\n")
    (work / ".cvsignore").write_text("*.ignored\n")
    cvs("import", "-m", "first", "project", "vendor", "start", cwd=work, root=root)
    cvs("checkout", "-d", "work", "project", cwd=stage.folder, root=root)
    cvs("tag", "-b", "topic", cwd=stage.folder / "work", root=root)
    stage.program("cvsdiscard", FAKE.format(kinds="?MAC"))
    stage.program("cvspurge", FAKE.format(kinds="?"))


def play(stage):
    root, work = stage.folder / "cvs", stage.folder / "work"

    def build(builder, **params):
        """The revision that CVS tells is the time of the checkout."""
        done = stage.finish(stage.force(builder, **params))
        revision = stage.rows(f"builds/{done['buildid']}/properties")[0].get("got_revision", [""])[
            0
        ]
        if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000", revision):
            stage.hidden.append((revision, "$NOW"))

    build("b1", reason="newest")
    (work / "file").write_text("second, longer\n")
    cvs("commit", "-m", "second", cwd=work, root=root)
    build("b1", reason="second")
    build("others", reason="date", revision="2100-01-01 00:00:00 +0000")
    diff = "--- file\n+++ file\n@@ -1 +1 @@\n-first\n+patched\n"
    build("b1", reason="patch", branch="topic", patch_body=diff, patch_level="0")
    build("b1", reason="plain", branch="HEAD")
