# SPDX-License-Identifier: MIT
"""Each builder once."""


def play(stage):
    for name in ("b1", "b2", "b3"):
        stage.finish(stage.force(name))
