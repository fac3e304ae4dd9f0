# SPDX-License-Identifier: MIT
"""A buildset for each of the filters, one after the other; one more after a restart and a reconfiguration."""

LEAVES_OPEN = True


def play(stage):
    names = {row["builderid"]: row["name"] for row in stage.rows("builders")}

    def ask(category, branch, codebase="a", repository="ra"):
        """The buildset of a change: its requests by the builder's name."""
        known = len(stage.rows("buildsets"))
        stage.change(category=category, branch=branch, revision="1", codebase=codebase, repository=repository)  # fmt: skip
        (made,) = stage.wait("a buildset", lambda: stage.rows("buildsets?order=bsid")[known:])
        rows = stage.rows(f"buildrequests?buildsetid={made['bsid']}")
        return {names[row["builderid"]]: row["buildrequestid"] for row in rows}

    def ended(requests, *builders):
        for builder in builders:
            request = requests[builder]
            stage.wait(
                f"the end of {builder}",
                lambda request=request: stage.rows(f"buildrequests/{request}")[0]["complete"],
            )

    some = ask("some", "some")
    for builder in ("runs", "fails"):
        stage.wait_output(stage.build_of(some[builder]), "shell")
    stage.open("fail")
    ended(some, "fails", "runs", "waits")
    ended(ask("all", "all of them"), "fails", "waits", "spared")
    ended(ask("filtered", "neither"), "fails")
    ended(ask("warned", "main"), "warns", "raises")
    ended(ask("two", "two"), "fails", "waits")
    ended(ask("two", "main", "b", "two"), "fails", "spared")
    stage.kill_worker()
    stage.restart()
    stage.start_worker()
    ended(ask("all", "all again"), "fails", "waits", "spared")
    stage.reconfig('branch_re="^all"', 'branch_re="^other"')
    ended(ask("all", "all at last"), "fails")
    ended(ask("all", "others"), "fails", "waits", "spared")
