# SPDX-License-Identifier: MIT
"""With a branch and a revision."""


def play(stage):
    stage.finish(stage.force("b1", branch="dev", revision="r9", repository="http://x.org/r"))
