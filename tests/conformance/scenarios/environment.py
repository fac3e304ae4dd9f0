# SPDX-License-Identifier: MIT
"""Each builder once."""


def play(stage):
    for builder in ("b1", "b two", "b/3"):
        stage.finish(stage.force(builder))
