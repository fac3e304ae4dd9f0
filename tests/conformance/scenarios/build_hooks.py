# SPDX-License-Identifier: MIT
"""Each builder once."""


def play(stage):
    for name in ("told", "overwrites", "skipped last", "stops", "fails", "adds", "drops"):
        stage.finish(stage.force(name))
