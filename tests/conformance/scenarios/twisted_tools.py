# SPDX-License-Identifier: MIT
import json


def play(stage):
    stage.finish(stage.force("b1"))
    files = ["doc/a.xhtml", "doc/index.xhtml", "my/a.py", "my/test/test_b.py", "doc/b.html"]
    stage.change(files=json.dumps(files))
    stage.finished("b1", 2)
