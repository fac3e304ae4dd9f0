# SPDX-License-Identifier: MIT
"""By a change with properties, by the form, by the rebuild of each."""

import json


def play(stage):
    properties = {"all": "change", "c": "change", "gc": "change", "cs": "change"}
    stage.change(branch="main", revision="r1", project="p", repository="http://x.org/r", files='["a", "b/c"]',
                 properties=json.dumps(properties))  # fmt: skip
    (first,) = stage.finished("b1", 1)
    stage.finish(stage.force("b1", all="given", sb="given"))
    stage.finish(stage.rebuild(first))
    stage.finish(stage.rebuild(stage.finished("b1", 2)[1]))
