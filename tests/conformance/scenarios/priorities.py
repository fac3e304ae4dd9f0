# SPDX-License-Identifier: MIT
"""The worker comes when all requests are there."""

WORKERS = []


def play(stage):
    requests = [stage.force(name, priority=priority) for name, priority in
                (("a", 0), ("b", 0), ("a", 5), ("c", 1), ("b", -1), ("c", 5), ("a", 9), ("b", 9))]  # fmt: skip
    for branch in ("high", "computed"):
        stage.change(branch=branch, revision="1")
    stage.wait("the requests", lambda: len(stage.rows("buildrequests")) == len(requests) + 2)
    stage.start_worker("w1")
    stage.settle()
    names = {row["builderid"]: row["name"] for row in stage.rows("builders")}
    stage.note(
        "order",
        [f"{names[b['builderid']]}/{b['number']}" for b in stage.rows("builds?order=buildid")],
    )
