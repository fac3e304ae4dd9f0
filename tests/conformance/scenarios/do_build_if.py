# SPDX-License-Identifier: MIT
"""The builder is asked for what it wants and for what it does not want; the latter ends its parent's Trigger, too."""

import json


def play(stage):
    for answer in ("no", "yes", "no"):
        stage.finish(stage.force("asked", p=answer, branch="b"))
    for name in ("src/a.c", "src/b.c"):
        stage.change(files=f'["{name}"]', revision=name[-3], branch="main")
        stage.finished("other", 1 + (name[-3] == "b"))
    stage.finish(stage.force("parent", p="no"))
    stage.note("what it saw", json.loads((stage.dir / "facts.json").read_text()))
