# SPDX-License-Identifier: MIT
"""With a branch, without a revision."""


def play(stage):
    stage.finish(stage.force("b1", branch="dev", repository="http://x.org/r", project=""))
