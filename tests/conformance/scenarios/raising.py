# SPDX-License-Identifier: MIT
"""Each builder once, one after the other."""

WORKERS = [f"w{n}" for n in range(1, 6)]


def play(stage):
    for builder in ("failed", "failed-halts", "command", "summary", "cancelled"):
        stage.finish(stage.force(builder))
