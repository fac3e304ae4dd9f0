# SPDX-License-Identifier: MIT
"""Both builders."""


def play(stage):
    stage.finish(stage.force("b1"))
    stage.finish(stage.force("b2"))
