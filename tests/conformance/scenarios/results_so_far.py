# SPDX-License-Identifier: MIT
"""One build that runs to its end, one that is stopped."""


def play(stage):
    stage.finish(stage.force("b1"))
    request, build = stage.at_gate("b2")
    stage.stop_build(build, "enough")
    stage.finish(request)
