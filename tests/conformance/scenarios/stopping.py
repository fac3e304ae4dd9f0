# SPDX-License-Identifier: MIT
"""In a step, without a reason, in an alwaysRun step, in the queue, when it is over."""


def play(stage):
    request, build = stage.at_gate("b1")
    stage.stop_build(build, "first")
    ended = stage.finish(request)
    stage.note(
        "stop of a finished build",
        stage.answer(f"builds/{ended['buildid']}", "stop", reason="late"),
    )
    stage.note("stop of no build", stage.answer("builds/999", "stop", reason="none"))

    request, build = stage.at_gate("b1")
    stage.note("stop without a reason", stage.answer(f"builds/{build['buildid']}", "stop"))
    stage.finish(request)

    request, build = stage.at_gate("b3")
    stage.cancel(request, "by its request")
    stage.finish(request)

    first, _ = stage.at_gate("b2")
    queued = stage.force("b2", reason="queued")
    stage.cancel(queued, "not wanted")
    stage.open("go")
    stage.wait(
        "the cancelled request", lambda: stage.rows(f"buildrequests/{queued}")[0]["complete"]
    )
    stage.finish(first)
    stage.note(
        "cancel of a finished request",
        stage.answer(f"buildrequests/{first}", "cancel", reason="late"),
    )
    stage.note("cancel of no request", stage.answer("buildrequests/999", "cancel", reason="none"))
    stage.note("unknown method", stage.answer(f"buildrequests/{first}", "burn"))
