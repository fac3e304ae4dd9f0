# SPDX-License-Identifier: MIT
"""The newest, then a branch; then a build of three changes in two codebases."""

from programs import run, svn

HEADERS_ONLY = ("svn",)


def commit(stage, folder, text):
    work = stage.folder / "work" / folder
    (work / "file").write_text(text)
    svn("add", "--force", "file", cwd=work)
    svn("commit", "-m", text, cwd=work)


def prepare(stage):
    root, work = stage.folder / "svn", stage.folder / "work"
    run("svnadmin", "create", str(root))
    svn(
        "mkdir", "-m", "layout", *(f"file://{root}/{name}" for name in ("trunk", "lib", "branches"))
    )
    svn("checkout", f"file://{root}", str(work))
    commit(stage, "lib", "lib first\n")
    (work / "trunk" / "sub").mkdir()
    (work / "trunk" / "sub" / "more").write_text("more\n")
    svn("add", "trunk/sub", cwd=work)
    svn("propset", "svn:externals", "^/lib ext", "trunk", cwd=work)
    svn("propset", "svn:ignore", "untracked", "trunk", cwd=work)
    svn("update", cwd=work)
    commit(stage, "trunk", "first\n")
    svn("copy", "-m", "branch", f"file://{root}/trunk", f"file://{root}/branches/topic")
    secrets = stage.folder / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "word").write_text("very secret\n")
    (secrets / "word").chmod(0o600)


def play(stage):
    work = stage.folder / "work"
    stage.finish(stage.force("b1", reason="newest"))
    svn("update", cwd=work)
    (work / "trunk" / "sub" / "more").write_text("more, second\n")
    commit(stage, "trunk", "second\n")
    svn("commit", "-m", "more", cwd=work)
    commit(stage, "lib", "lib second\n")
    stage.finish(stage.force("b1", reason="an old branch", branch="branches/topic", revision="5"))
    for codebase, revision in (("main", "6"), ("main", "3"), ("lib", "7")):
        stage.change(project="p", codebase=codebase, revision=revision, repository=codebase[0])
    stage.classified(3)
    stage.restart_later(old="treeStableTimer=3600", new="treeStableTimer=1")
    stage.finished("bases", 1)
