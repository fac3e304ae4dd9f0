# SPDX-License-Identifier: MIT
"""The first question comes for a change; then answers that are no booleans, and builders of other kinds."""

import json


def play(stage):
    stage.change(files='["a", "b"]', revision="r1", branch="main", author="Ann <ann@x.org>")
    stage.finished("asked", 1)
    for answer in ("yes", "one", "text", "nothing"):
        stage.finish(stage.force("asked", p=answer, branch="b"))
    for builder in ("native", "later", "virtual"):
        stage.finish(stage.force(builder, p="yes"))
    stage.note("what it saw", json.loads((stage.dir / "facts.json").read_text()))
