# SPDX-License-Identifier: MIT
"""Changes of the same branch and of others, one after the other, also after a restart and a reconfiguration."""

LEAVES_OPEN = True


def play(stage):
    def request_of(make):
        known = len(stage.rows("buildrequests"))
        make()
        rows = stage.wait(
            "a request", lambda: stage.rows("buildrequests?order=buildrequestid")[known:]
        )
        return rows[0]["buildrequestid"]

    def change(builder, branch, codebase="a"):
        """The id of the request that the change has made."""
        return request_of(
            lambda: stage.change(
                category=builder,
                branch=branch,
                revision=str(len(stage.rows("changes"))),
                codebase=codebase,
                repository="r" + codebase,
            )
        )

    def gone(*requests):
        for request in requests:
            stage.wait(
                f"the end of {request}",
                lambda request=request: stage.rows(f"buildrequests/{request}")[0]["complete"],
            )

    def left(what):
        stage.note(
            what,
            [not row["complete"] for row in stage.rows("buildrequests?order=buildrequestid")],
        )

    first = change("runs", "main")
    build = stage.build_of(first)
    stage.wait_output(build, "shell")
    second = change("runs", "main")
    stage.finish(first)
    stage.wait_output(stage.build_of(second), "shell")
    for request in (change("runs", "dev"), second):
        stage.cancel(request, "not wanted")
    stage.finish(second)
    # Of another codebase; what the filter leaves out; no change between them; a change of Gerrit.
    one = change("pairs", "main")
    other = change("pairs", "dev")
    change("pairs", "main", "b")
    gone(one, other)
    one = change("waits", "main")
    change("waits", "kept")
    change("waits", "kept")
    change("waits", "main", "b")
    left("another codebase, a branch that is left out")
    stamps = {"a_branch": "main", "a_repository": "ra", "b_branch": "main"}
    forced = [stage.force("waits", **stamps) for _ in range(2)]
    left("no change in between")
    change("waits", "main")
    gone(one, *forced)
    for branch in ("refs/changes/12/12/1", "refs/changes/13/13/1"):
        one = change("waits", branch)
        change("waits", branch[:-1] + "2")
        gone(one)
    change("unwatched", "main")
    change("unwatched", "main")
    # A key of one's own, which raises for one branch.
    one = change("keyed", "topic/1")
    raising = [change("keyed", "raises") for _ in range(2)]
    change("keyed", "other/1")
    change("keyed", "topic/2")
    gone(one)
    for request in raising:  # Buildbot would not start with them
        stage.cancel(request)
    gone(*raising)
    left("before the restart")
    waiting = change("waits", "restart"), change("keyed", "restart/1")
    stage.kill_worker()
    stage.restart()
    left("after the restart")
    change("waits", "restart")
    change("keyed", "restart/2")
    gone(*waiting)
    waiting = change("waits", "reread")
    change("waits", "kept")
    stage.reconfig('["kept"]', '["reread", "nothing"]')
    change("waits", "reread")
    one = change("waits", "kept")
    change("waits", "kept")
    gone(one)
    stage.force("waits", **{**stamps, "a_branch": "reread"})
    left("at the end")
