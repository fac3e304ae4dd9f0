# SPDX-License-Identifier: MIT
"""A build with everything, and one that is stopped; the worker comes back in between."""

PROTOCOL = "msgpack_experimental_v7"


def play(stage):
    stage.finish(stage.force("b1"))
    stage.kill_worker("w1")
    stage.start_worker("w1")
    request, build = stage.at_gate("b2")
    stage.stop_build(build, "enough")
    stage.finish(request)
