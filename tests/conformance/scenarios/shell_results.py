# SPDX-License-Identifier: MIT
"""Each builder once, one after the other. After an exception the worker gets no builds for a while, so that is the last."""

HEADERS_ONLY = ("missing",)  # Twisted's traceback


def play(stage):
    for builder in sorted(
        row["name"] for row in stage.rows("builders") if row["name"] != "as-exception"
    ):
        stage.finish(stage.force(builder))
    stage.finish(stage.force("as-exception"))
