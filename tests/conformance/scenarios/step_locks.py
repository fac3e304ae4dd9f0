# SPDX-License-Identifier: MIT
"""On the branch for which the renderer has locks."""


def play(stage):
    stage.finish(stage.force("b1", branch="main"))
