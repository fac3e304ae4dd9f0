# SPDX-License-Identifier: MIT
"""Requests that wait for a worker that never comes; a child that is collapsed into another build's child."""

LEAVES_OPEN = True


def play(stage):
    def ask(make):
        known = len(stage.rows("buildsets"))
        made = make()
        stage.wait("the buildset", lambda: len(stage.rows("buildsets")) > known)
        return made

    for builder in ("by all", "of its own"):
        for priority in (1, 2, 3, 4, 0, 9):
            ask(lambda builder=builder, priority=priority: stage.force(builder, priority=priority))
    for reason in ("one", "other", "one", "one"):
        stage.force("by rows", reason=reason)
        stage.force("never", reason=reason)
    diff = {"patch_body": "--- a\n+++ b\n", "patch_author": "Ann", "patch_comment": "c"}
    for stamp in (
        {}, {"revision": "1"}, {"revision": "1"}, {"branch": "main"}, {"repository": "r"}, {"project": "p"},
        {"revision": "1", **diff}, {"revision": "1", **diff}, {"revision": "1"}, {}, {"branch": "main", "owner": "ann"},
    ):  # fmt: skip
        stage.force("by rule", **stamp)
    for revision in ("1", "2", "2"):
        ask(
            lambda revision=revision: stage.change(
                category="rule", branch="main", revision=revision
            )
        )
    stage.force("by rule", branch="main", revision="2")
    for codebase, branch, revision in (
        ("a", "main", "1"), ("b", "main", "2"), ("a", "main", "3"), ("b", "dev", "4"), ("b", "main", "5"),
    ):  # fmt: skip
        ask(lambda args=(codebase, branch, revision): stage.change(
            category="bases", codebase=args[0], branch=args[1], revision=args[2], repository="r" + args[0]))  # fmt: skip
    same = {"a_branch": "main", "a_repository": "ra", "b_branch": "main", "b_repository": "rb"}
    stage.force_by("bases", "bases", **same)
    stage.force_by("bases", "bases", **same)
    # The second parent's child is what both build.
    first = ask(lambda: stage.force("parent", branch="main", revision="1"))
    child = stage.wait("a child", lambda: children(stage))[0]
    second = stage.force("second parent", branch="main", revision="1")
    stage.finish(first)
    stage.note(
        "the first child", stage.rows(f"buildrequests/{child['buildrequestid']}")[0]["results"]
    )
    stage.cancel(children(stage)[-1]["buildrequestid"])
    stage.finish(second)


def children(stage):
    builderid = stage.builder_id("child")
    return stage.rows(f"builders/{builderid}/buildrequests?order=buildrequestid")
