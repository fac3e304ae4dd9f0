# SPDX-License-Identifier: MIT
"""The script of a scenario that has none of its own."""


def play(stage):
    stage.finish(stage.force(reason="scenario"))
