# SPDX-License-Identifier: MIT
"""A commit in each repository, one after the other; then several on a topic that one build takes."""

HEADERS_ONLY = ("git",)


def prepare(stage):
    for name in ("lib", "app"):
        stage.repository(name).commit(f"{name} first", {"file": f"{name} first\n"})


def polled(stage):
    return stage.sql("SELECT count(*) FROM object_state WHERE name = 'lastRev'") == [(2,)]


def play(stage):
    lib, app = stage.repository("lib"), stage.repository("app")
    stage.wait("the first polls", lambda: polled(stage))

    def commit(repository, text, **files):
        known = len(stage.rows("changes"))
        repository.commit(text, {"file": f"{text}\n", **files})
        stage.wait("the change", lambda: len(stage.rows("changes")) > known)

    commit(lib, "lib second")
    stage.finished("each", 1)
    commit(app, "app second")
    stage.finished("each", 2)
    stage.finished("latest", 1)
    commit(lib, "lib third\n\nwith a body\nof two lines")
    stage.finished("each", 3)
    commit(app, "app third", other="x\n")
    stage.finished("each", 4)
    stage.finished("latest", 2)
    app.git("checkout", "-q", "-b", "private")
    app.commit("app private", {"file": "private\n"})
    lib.git("checkout", "-q", "-b", "topic/one")
    commit(lib, "lib topic")
    commit(lib, "lib topic second", other="x\n")
    stage.classified(2)
    stage.restart_later(old="TIMER = 3600", new="TIMER = 1")
    stage.finished("gathers", 1)
