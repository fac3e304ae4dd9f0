# SPDX-License-Identifier: MIT
"""A change for each scheduler, and a triggered build."""

import json


def play(stage):
    def change(branch, **properties):
        stage.change(branch=branch, revision=f"r-{branch}", properties=json.dumps(properties))
        stage.settle()

    change("priority", color="red")
    change("wrong")
    change("properties", color="blue")
    change("builders")
    change("builders", both=True)
    change("some", which=2)
    change("unknown", which=2)
    change("raises")
    stage.change(branch="two", revision="l", codebase="lib")
    stage.settle()
    stage.change(branch="slow", revision="s1", author="Ann <ann@x.org>")
    stage.change(branch="slow", revision="s2", author="Bob <bob@x.org>")
    stage.wait(
        "the slow one", lambda: any("slow" in row["reason"] for row in stage.rows("buildsets"))
    )
    stage.finish(stage.force("trigger", reason="trigger"))
    change("first", color="green")
    stage.finished("b2", 4)
    stage.settle()
    stage.note("asked", (stage.folder / "master" / ".." / "asked").read_text().splitlines())
