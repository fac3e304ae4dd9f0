# SPDX-License-Identifier: MIT
"""Three levels; the top is stopped; a child is stopped; a waiting child's parent is stopped; a waiting child is cancelled."""


def play(stage):
    def running(builder, number):
        builderid = stage.builder_id(builder)
        return stage.wait(
            f"build {number} of {builder}",
            lambda: stage.rows(f"builders/{builderid}/builds?number={number}"),
        )[0]

    def waiting(request):
        """The child of a build whose step has told of it."""
        build = stage.build_of(request)
        stage.wait("the link", lambda: any(
            step["urls"] for step in stage.steps(build) if step["name"] == "trigger away"))  # fmt: skip
        builderid = stage.builder_id("away")
        return stage.rows(f"builders/{builderid}/buildrequests?order=buildrequestid")[-1]

    stage.finish(stage.force("top", route="start", branch="main", revision="r"))

    request = stage.force("stop-top")
    top = stage.build_of(request)
    leaf = running("stop-leaf", 1)
    stage.wait_output(leaf, "gate")
    stage.stop_build(top, "enough")
    stage.finish(request)
    stage.settle()

    request = stage.force("child-top")
    leaf = running("stop-leaf", 2)
    stage.wait_output(leaf, "gate")
    stage.stop_build(leaf, "only the child")
    stage.finish(request)

    request = stage.force("wait-top")
    waiting(request)
    stage.stop_build(stage.build_of(request), "nobody comes")
    stage.finish(request)
    stage.settle()

    request = stage.force("request-top")
    child = waiting(request)
    stage.cancel(child["buildrequestid"], "not wanted")
    stage.finish(request)
