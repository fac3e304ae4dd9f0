# SPDX-License-Identifier: MIT
"""Of a forced build, of a rebuild, of one with a patch, of one of two builders of a change."""


def play(stage):
    first = stage.finish(
        stage.force("b1", rc="3", branch="dev", revision="r1", reason="first", owner="ann")
    )
    again = stage.finish(stage.rebuild(first))
    stage.finish(stage.rebuild(again))
    patched = stage.finish(
        stage.force("b1", patch_body="--- a\n+++ b\n", patch_author="Ann", patch_comment="c")
    )
    stage.finish(stage.rebuild(patched))
    stage.change(
        branch="main", revision="r2", author="Ann <ann@x.org>", files='["a"]', properties='{"c": 1}'
    )
    (changed,) = stage.finished("b2", 1)
    stage.finished("b1", 6)
    stage.finish(stage.rebuild(changed))
    stage.note("no build", stage.answer("builds/999", "rebuild")["status"])
