# SPDX-License-Identifier: MIT
"""Good and bad fillings, and what the forms say of themselves."""


def play(stage):
    stage.note("forms", sorted(stage.rows("forceschedulers"), key=lambda row: row["name"]))
    b1, b2 = stage.builder_id("b1"), stage.builder_id("b2")

    def force(name, scheduler, **params):
        reply = stage.answer(f"forceschedulers/{scheduler}", "force", **params)
        if reply["status"] == 200:  # the new ids
            reply["body"]["result"] = len(reply["body"]["result"][1])
        stage.note(name, reply)
        stage.settle()

    force("defaults", "all", builderid=b1, needed="n")
    force("as text", "all", builderid=str(b1), needed="n", username="Ann <ann@x.org>", reason="my reason", fixed="changed", text="abc",
          area="x\r\ny", count="17", flag="false", off="true", choice="two", free="other", many=["b", "c"], workername="w1",
          group_inner="in", group_number="5", nameless="nl", any_name="extra", any_value="value", hidden="seen", branch="dev", revision="r9")  # fmt: skip
    force(
        "as values",
        "all",
        builderid=b1,
        needed=["n"],
        count=18,
        flag=False,
        off=True,
        many="c",
        unknown="ignored",
        priority=5,
    )
    force("nothing needed", "all", builderid=b1)
    force(
        "all wrong",
        "all",
        builderid=b1,
        needed="",
        text="ABC",
        count="many",
        choice="three",
        many=["z"],
        branch="other",
        reason="",
    )
    force("too long", "all", builderid=b1, needed="n", text="abcdefghijklmnop")
    force("bad user", "all", builderid=b1, needed="n", username="no address")
    force("bad worker", "all", builderid=b1, needed="n", workername="w9")
    force("bad any", "all", builderid=b1, needed="n", any_name="semi;colon", any_value="x")
    force("bad priority", "plain", builderid=b1, priority="high")
    force("by names", "plain", builderNames=["b2", "b1"], reason="both")
    force("both at once", "plain", reason="all of its builders")
    force(
        "codebases",
        "two-codebases",
        builderid=b2,
        one_branch="dev",
        one_revision="r1",
        two_branch="main",
        two_repository="http://x.org/two",
        two_project="p",
    )
    force(
        "patch",
        "two-codebases",
        builderid=b2,
        two_patch_body="--- a\n+++ b\n",
        two_patch_level="2",
        two_patch_author="Ann",
        two_patch_comment="try",
        two_patch_subdir="sub",
    )
    stage.note("no form", stage.answer("forceschedulers/none", "force", builderid=b1)["status"])
    stage.note("other method", stage.answer("forceschedulers/plain", "push"))
