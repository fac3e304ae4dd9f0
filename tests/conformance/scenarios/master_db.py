# SPDX-License-Identifier: MIT
"""Two builds of one builder, one of the other."""


def play(stage):
    for builder in ("b1", "b1", "b2"):
        stage.finish(stage.force(builder, reason="look"))
