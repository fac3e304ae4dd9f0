# SPDX-License-Identifier: MIT
"""Each parent once, with a branch and a revision."""

# A build that raises keeps its worker out of use for a while: those come last.
LAST = ["p-unknown", "p-not-triggerable", "p-raises"]


def play(stage):
    names = [row["name"] for row in stage.rows("builders?order=builderid")]
    parents = [name for name in names if name.startswith("p-") and name not in LAST]
    for name in [*sorted(parents), *LAST]:
        stage.finish(
            stage.force(
                name, branch="main", revision="r1", repository="http://x.org/r", project="p"
            )
        )
        stage.settle()
