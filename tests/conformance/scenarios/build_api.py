# SPDX-License-Identifier: MIT
"""Two changes, one build each; the second one sees the first one's environment no more."""


def play(stage):
    stage.change(branch="main", revision="r1", author="Ann <ann@x.org>", files='["a/b.c", "d"]')
    stage.finished("b 1/ü", 1)
    stage.change(branch="dev", revision="r2", author="Bob <bob@x.org>", files='["e"]')
    stage.finished("b 1/ü", 2)
