# SPDX-License-Identifier: MIT
"""The first worker is killed, then the second one; the first comes back."""


def play(stage):
    request, first = stage.at_gate("b1")
    stage.kill_worker("w1")
    stage.wait(
        "the end of the first build",
        lambda: stage.rows(f"builds/{first['buildid']}")[0]["complete"],
    )
    stage.note("request meanwhile", {k: stage.rows(f"buildrequests/{request}")[0][k] for k in ("claimed", "complete", "results")})  # fmt: skip

    stage.start_worker("w2")
    second = stage.wait(
        "a second build", lambda: stage.rows(f"builds?buildrequestid={request}&number=2")
    )[0]
    stage.wait_output(second, "shell")
    stage.kill_worker("w2")
    stage.wait(
        "the end of the second build",
        lambda: stage.rows(f"builds/{second['buildid']}")[0]["complete"],
    )

    stage.open("go")
    stage.start_worker("w1")
    stage.finish(request)
