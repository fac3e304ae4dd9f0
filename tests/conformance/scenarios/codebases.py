# SPDX-License-Identifier: MIT
"""By forms, by changes of each codebase, by triggers; then rebuilds."""


def play(stage):
    given = {"lib_branch": "y", "lib_revision": "l1", "app_branch": "dev", "lib_project": "p"}
    first = stage.finish(stage.force("two", **given))
    stage.finish(stage.force("two"))
    stage.finish(stage.force_by("plain", "one", branch="b", revision="r"))
    stage.finish(stage.force_by("names", "three", lib_branch="l", branch="empty", app_revision="a"))
    for count, (codebase, revision) in enumerate((("lib", "l2"), ("app", "a2"), ("lib", "l3")), 3):
        stage.change(
            branch="main",
            revision=revision,
            codebase=codebase,
            repository=f"http://x.org/{codebase}",
        )
        stage.finished("two", count)
    for builder in ("asks", "asks latest", "asks other"):
        stage.finish(stage.force(builder, **given))
    stage.finish(stage.rebuild(first))
    stage.finish(stage.rebuild(stage.finished("two", 5)[-1]))
