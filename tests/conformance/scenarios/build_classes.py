# SPDX-License-Identifier: MIT
"""Each builder once."""


def play(stage):
    for row in sorted(stage.rows("builders"), key=lambda row: row["name"]):
        stage.finish(stage.force(row["name"]))
