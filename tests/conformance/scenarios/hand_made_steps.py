# SPDX-License-Identifier: MIT
"""Both builders once."""


def play(stage):
    for name in ("sections", "rows"):
        stage.finish(stage.force(name))
