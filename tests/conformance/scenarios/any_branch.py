# SPDX-License-Identifier: MIT
"""Changes one by one; then some wait for the timer of their branch, and one of another branch that is not important.

Buildbot, when a timer ends, forgets the older changes of other branches, too: the other branch's change comes last.
"""

import json


def play(stage):
    def change(files=(), **fields):
        stage.change(files=json.dumps(list(files)), **fields)
        stage.settle()

    change(branch="main", revision="1", files=["src"])
    change(branch="dev", revision="2", files=["src"], category="push")
    change(branch="rel/1", revision="3", project="p", files=["doc"])
    change(branch="rel/2", revision="4", project="q")
    change(revision="5", comments="no branch")
    change(branch="x", revision="6", repository="http://x.org/lib", codebase="lib", files=["src"])
    change(branch="y", revision="7", repository="http://x.org/app", codebase="app")
    change(branch="y", revision="8", codebase="unknown")

    for n, (branch, files) in enumerate([("t1", []), ("t1", ["src"]), ("t1", []), ("t2", [])], 11):
        change(branch=branch, revision=str(n), files=files, category="timed")
    stage.finished("all", 9)
    stage.settle()
    stage.classified(4)
    stage.restart_later(old="TIMER = 3600", new="TIMER = 1")
    stage.finished("timed", 1)
    stage.note("kept", stage.sql("select count(*) from scheduler_changes"))
