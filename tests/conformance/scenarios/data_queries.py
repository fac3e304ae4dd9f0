# SPDX-License-Identifier: MIT
"""Three builds of one builder, then another one's asks about them."""


def play(stage):
    for result in ("0", "2", "0"):
        stage.finish(stage.force("b2", p=result))
    stage.finish(stage.force("b1"))
