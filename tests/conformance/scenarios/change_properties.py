# SPDX-License-Identifier: MIT
"""Four changes of two codebases, each built by itself and all of them together."""

import json


def play(stage):
    def change(codebase, revision, files, properties, **fields):
        number = stage.change(
            repository=f"http://x.org/{codebase}",
            codebase=codebase,
            branch="main",
            revision=revision,
            files=json.dumps(files),
            properties=json.dumps(properties),
            **fields,
        )
        stage.classified(number)
        stage.finished(
            "each", number
        )  # what a build knows of changes depends on which were built before

    change(
        "lib",
        "l1",
        ["a", "dir/b"],
        {"a": "first", "b": "first", "c": "first"},
        author="Zoe <z@x.org>",
    )
    change("app", "a1", ["c"], {"a": "second", "list": [1, {"k": None}]}, author="Ann <ann@x.org>",
           category="push", revlink="http://x.org/a1", comments="two\nlines é", project="the app")  # fmt: skip
    change("lib", "l2", ["a"], {"b": "third"}, author="Zoe <z@x.org>", committer="Carl <c@x.org>")
    change("lib", "l3", [], {}, author="nobody", when="1500000000")
    stage.restart_later(old="TIMER = 3600", new="TIMER = 1")
    stage.finished("gathers", 1)
