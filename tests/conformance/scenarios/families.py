# SPDX-License-Identifier: MIT
"""Rebuilds of a parent, of a child and of a rebuild; one request of several is cancelled, by itself and by its parent."""


def play(stage):
    def build(builder, number):
        return stage.finished(builder, number)[-1]

    def request_of(builder, count):
        builderid = stage.builder_id(builder)
        path = f"builders/{builderid}/buildrequests?order=buildrequestid"
        return stage.wait("a request", lambda: stage.rows(path)[count - 1 :])[0]["buildrequestid"]

    stage.finish(stage.force("top", branch="main", revision="r", p="given", owner="ann"))
    for builder in ("leaf", "middle", "top"):
        stage.finish(stage.rebuild(build(builder, 1)))
        stage.settle()
    stage.finish(stage.rebuild(build("middle", 2)))
    stage.finish(stage.force("loose"))
    stage.finish(stage.rebuild(build("loose", 1)))
    stage.settle()
    leaves = len(stage.rows(f"builders/{stage.builder_id('leaf')}/builds"))
    # The buildset is complete when its last request is cancelled.
    stage.change(category="some", branch="main", revision="1")
    stage.finished("bad", 1)
    stage.finished("leaf", leaves + 1)
    stage.cancel(request_of("away", 1), "nobody comes")
    stage.settle()
    stage.change(category="two", branch="main", revision="1")
    stage.finished("leaf", leaves + 2)
    stage.cancel(request_of("away", 2))
    stage.settle()
    stage.note("twice", stage.answer(f"buildrequests/{request_of('away', 2)}", "cancel"))
    # A step waits for two, of which one is cancelled; then its build is stopped.
    asking = stage.force("asks away")
    stage.finished("leaf", leaves + 3)
    stage.cancel(request_of("away", 3))
    stage.finish(asking)
    asking = stage.force("asks away")
    stage.finished("leaf", leaves + 4)
    request_of("away", 4)
    stage.stop_build(stage.build_of(asking), "no need")
    stage.finish(asking)
    stage.settle()
    stage.finish(stage.rebuild(build("leaf", leaves + 4)))
