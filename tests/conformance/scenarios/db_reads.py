# SPDX-License-Identifier: MIT
"""Three changes, each built, and a forced build without a change."""


def play(stage):
    stage.change(branch="main", repository="rep", project="proj", revision="r1", files='["f"]')
    stage.finished("b1", 1)
    stage.change(
        branch="main", repository="rep", project="proj", revision="r2", category="cat", revlink="l"
    )
    stage.finished("b1", 2)
    stage.change(comments="no branch", properties='{"p": [1, "a"]}')
    stage.finished("b1", 3)
    stage.finish(stage.force("b1"))
