# SPDX-License-Identifier: MIT
"""The data is asked for by name."""

import json
from urllib.parse import quote


def play(stage):
    build = stage.finish(stage.force("b1"))
    for data in stage.rows(f"builds/{build['buildid']}/data"):
        name = quote(data["name"])
        value = stage.text(f"builds/{build['buildid']}/data/{name}/value")
        stage.note(data["name"], json.loads(value))
