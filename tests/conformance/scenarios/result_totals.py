# SPDX-License-Identifier: MIT
"""First the buildsets, then the builders that no set has."""

WORKERS = ["w1", "w2", "w3"]


def play(stage):
    for count, name in enumerate(
        ("good", "skipped", "warned", "failed", "cancelled", "raised", "worst"), 1
    ):
        stage.change(branch=name, revision="1")
        stage.wait("the buildset", lambda count=count: len(stage.rows("buildsets")) == count)
        stage.settle()
    for name in ("skipped failure", "failure cancelled"):
        stage.finish(stage.force(name))
