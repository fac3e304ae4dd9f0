# SPDX-License-Identifier: MIT
"""Both workers come in with the passwords that the secrets say."""

WORKERS = ["w1", "w2"]


def play(stage):
    for builder in ("b1", "b2"):
        stage.finish(stage.force(builder))
