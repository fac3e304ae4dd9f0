# SPDX-License-Identifier: MIT
"""Changes one by one; each is built before the next one comes."""

import json


def play(stage):
    def change(files=(), properties=None, **fields):
        stage.change(
            files=json.dumps(list(files)), properties=json.dumps(properties or {}), **fields
        )
        stage.settle()

    change(branch="main", revision="1", files=["doc/a"])
    change(
        branch="main",
        revision="2",
        files=["src/a", "doc/b"],
        category="push",
        project="p",
        repository="http://x.org/r",
    )
    change(branch="dev", revision="3", comments="please build this", category="nightly")
    change(branch="release/12", revision="4", project="p")
    change(branch="release/x", revision="5", project="p")
    change(branch="release/13", revision="6", project="quiet")
    change(branch="old", revision="7", project="p")
    change(revision="8", comments="no branch")
    change(branch="b", revision="9", properties={"kind": "good", "n": 5})
    change(branch="b", revision="10", properties={"kind": "bad"})
    change(
        branch="main",
        revision="11",
        repository="http://x.org/lib",
        codebase="lib",
        author="Bob <bob@x.org>",
        committer="Carl <carl@x.org>",
        revlink="http://x.org/11",
        comments="two\nlines ü",
    )
    change(branch="main", revision="12", repository="http://x.org/app", codebase="app")
    change(
        branch="main", revision="13", repository="http://x.org/lib", codebase="lib", who="Old Name"
    )
    change(branch="main", revision="14", repository="http://x.org/lib", codebase="unknown")
    change(branch="main")
