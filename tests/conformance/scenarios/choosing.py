# SPDX-License-Identifier: MIT
"""The workers come when all requests are there; then slots are taken and become free."""

import json

WORKERS = []


def play(stage):
    requests = [stage.force("picky", where=where, p="x", branch="b", revision="1")
                for where in ("w2", "w1", "w2")]  # fmt: skip
    requests += [stage.force("branchy", branch=branch) for branch in ("c", "a", "b", "a")]
    requests += [stage.force("last", priority=2), stage.force("last-first")]
    requests += [stage.force("chosen", workername=name) for name in ("w2", "w1", "w2", "w2")]
    stage.start_worker("w1")
    for request in requests[3:7]:
        stage.finish(request)
    stage.start_worker("w2")
    for request in requests:
        stage.finish(request)
    for name in ("canStartBuild", "nextBuild", "nextWorker", "prioritizeBuilders"):
        stage.note(name, json.loads((stage.dir / f"{name}.json").read_text()))
    play_slots(stage)


def play_slots(stage):
    names = {row["builderid"]: row["name"] for row in stage.rows("builders")}

    def running():
        rows = stage.rows("builds?complete=false&order=buildid")
        return [names[row["builderid"]] for row in rows]

    requests = []
    for n in range(3):
        requests.append(stage.force(f"slot{n}"))
        stage.wait("the builds", lambda n=n: len(running()) == min(n + 1, 2))
    stage.note("while both slots are taken", running())
    stage.open("go")
    for request in requests:
        stage.finish(request)
