# SPDX-License-Identifier: MIT
"""A night without changes, one with changes, one more without."""

import json

SETS_IN_ANY_ORDER = True
NAMES = (
    "plain",
    "weekly",
    "properties",
    "changed",
    "branch",
    "filtered",
    "only-important",
    "codebases",
    "absolute",
)
ALWAYS = ("plain", "weekly", "properties", "codebases")


def play(stage):
    def change(files=(), **fields):
        stage.change(files=json.dumps(list(files)), **fields)

    def night(number, names):
        stage.restart_later(*NAMES, kind="Nightly")
        for name in names:
            stage.finished(name, number)
        stage.settle()

    night(1, ALWAYS)
    stage.note("first night", len(stage.rows("builds")))
    change(branch="main", revision="1", author="Ann <ann@x.org>", files=["doc"])
    change(branch="dev", revision="2", author="Bob <bob@x.org>", files=["src"])
    change(branch="dev", revision="3", files=["doc"])
    change(branch="b", revision="a4", repository="http://x.org/app", codebase="app")
    change(branch="b", revision="l5", repository="http://x.org/lib", codebase="lib")
    stage.wait("the classification", lambda: stage.sql(
        "select max(changeid) from scheduler_changes") == [(5,)])  # fmt: skip
    stage.note("kept", stage.sql(
        "select s.name, count(*), sum(c.important) from scheduler_changes c join schedulers s on s.id = c.schedulerid"
        " group by s.name order by s.name"))  # fmt: skip
    night(2, ALWAYS)
    stage.note("second night", len(stage.rows("builds")))
    night(3, ALWAYS)
    stage.note("third night", len(stage.rows("builds")))
