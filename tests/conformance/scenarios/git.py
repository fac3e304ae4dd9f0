# SPDX-License-Identifier: MIT
"""Commits on two branches, one by one; forced builds with and without a revision."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})


def play(stage):
    repository = stage.repository("repo")
    stage.wait("the first poll", lambda: (stage.dir / "gitpoller-work").exists() and polled(stage))
    second = repository.commit("second\n\nwith a body", {"file": "second\n", "sub/x": "x\n"})
    stage.finished("b1", 1)
    repository.git("checkout", "-q", "-b", "dev")
    repository.commit("on dev", {"file": "dev\n"})
    stage.finished("b1", 2)
    stage.settle()
    stage.finish(stage.force("b1", reason="newest"))
    stage.finish(stage.force("b1", reason="by revision", revision=second, branch="main"))
    stage.finish(stage.force("b1", reason="no such revision", revision="0" * 40))
    stage.finish(stage.force("missing"))


def polled(stage):
    """The poller has stored the heads that it knows."""
    import sqlite3

    with sqlite3.connect(f"file:{stage.dir}/state.sqlite?mode=ro", uri=True) as base:
        return base.execute("SELECT count(*) FROM object_state WHERE name = 'lastRev'").fetchone()[
            0
        ]
