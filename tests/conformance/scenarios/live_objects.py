# SPDX-License-Identifier: MIT
"""Two builds look, a third tells what the service has noted."""


def play(stage):
    stage.finish(stage.force("b1"))
    stage.settle()
    stage.finish(stage.force("b2"))
    stage.finish(stage.force("b3"))
