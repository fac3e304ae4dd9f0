# SPDX-License-Identifier: MIT
"""One build of each."""

from programs import run

HEADERS_ONLY = ("svn", "cvs")


def prepare(stage):
    root, work = stage.folder / "svn", stage.folder / "import"
    work.mkdir()
    for name in ("configure", "reconf"):
        (work / name).write_text('#!/bin/sh\necho "$0 $* $CC"\n')
        (work / name).chmod(0o755)
    run("svnadmin", "create", str(root))
    run(
        "svn", "import", "-q", "-m", "first", "--username", "ann", str(work), f"file://{root}/trunk"
    )
    cvs = ("cvs", "-Q", "-d", str(stage.folder / "cvs"))
    run(*cvs, "init")
    run(*cvs, "import", "-m", "first", "project", "vendor", "start", cwd=work)


def play(stage):
    for builder in (
        "autoconf", "autoconf options", "autoconf reconf", "cpan", "cpan other", "trial", "basic",
        "empty",
    ):  # fmt: skip
        done = stage.finish(stage.force(builder))
        revision = stage.rows(f"builds/{done['buildid']}/properties")[0].get("got_revision", [""])
        if "+0000" in revision[0]:  # CVS tells the time of the checkout
            stage.hidden.append((revision[0], "$NOW"))
