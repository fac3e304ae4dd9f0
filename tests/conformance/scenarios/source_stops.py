# SPDX-License-Identifier: MIT
"""Each build is caught while its command of git waits."""

from programs import fake_git

HEADERS_ONLY = ("git",)
CASES = """
    --version) break;;
    -*|*=*) ;;
    $AT)
      echo waiting
      until [ -e "$GATES/go" ]; do sleep 0.02; done
      [ ! -e "$GATES/refuse" ] || exit 1
      break;;
"""


def prepare(stage):
    stage.repository("repo").commit("first", {"file": "first\n"})
    fake_git(stage, CASES)


def play(stage):
    go = stage.folder / "gates" / "go"
    for builder in ("clone", "rev-parse", "retried"):
        request, build = stage.at_gate(builder, "git")
        stage.stop_build(build, f"in {builder}")
        stage.finish(request)
    stage.finish(stage.force("fetch", reason="a tree to fetch into"))
    stage.repository("repo").commit("second", {"file": "second\n"})
    request, build = stage.at_gate("fetch", "git")
    stage.cancel(request, "by its request")
    stage.finish(request)
    stage.finish(stage.force("silent"))
    request, build = stage.at_gate("lost", "git")
    stage.kill_worker("w1")
    go.touch()
    stage.start_worker("w1")
    stage.finish(request)
    stage.finish(stage.force("clone", reason="in the tree that a stopped clone left"))
