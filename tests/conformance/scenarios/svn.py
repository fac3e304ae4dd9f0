# SPDX-License-Identifier: MIT
"""Builds of the newest, of a revision, of a branch with a patch."""

from programs import run, svn

HEADERS_ONLY = ("svn",)


def prepare(stage):
    root, work = stage.folder / "svn", stage.folder / "work"
    run("svnadmin", "create", str(root))
    url = f"file://{root}"
    svn("mkdir", "-m", "layout", f"{url}/trunk", f"{url}/branches")
    svn("checkout", f"{url}/trunk", str(work))
    commit(stage, "first\n")
    (work / "sub").mkdir()
    (work / "sub" / "more").write_text("more\n")
    svn("add", "sub", "file", cwd=work)
    svn("propset", "svn:ignore", "*.ignored", ".", cwd=work)
    svn("commit", "-m", "first", cwd=work)
    svn("copy", "-m", "branch", f"{url}/trunk", f"{url}/branches/topic")


def commit(stage, text):
    work = stage.folder / "work"
    (work / "file").write_text(text)


def play(stage):
    stage.finish(stage.force("b1", reason="newest"))
    for text in ("second\n", "third\n"):
        commit(stage, text)
        svn("commit", "-m", text, cwd=stage.folder / "work")
    stage.finish(stage.force("b1", reason="revision", revision="4", branch="trunk"))
    diff = "--- file\n+++ file\n@@ -1 +1 @@\n-first\n+patched\n"
    stage.finish(
        stage.force("b1", reason="patch", branch="branches/topic", patch_body=diff, patch_level="0")
    )
    stage.finish(stage.force("b1", reason="plain"))
