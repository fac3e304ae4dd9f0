# SPDX-License-Identifier: MIT
"""A real build, virtual ones of a builder's and of a force's property, and one under a builder that there is."""


def play(stage):
    stage.finish(stage.force("real"))
    stage.finish(stage.force("fixed"))
    stage.finish(stage.force("fixed"))
    stage.finish(stage.rebuild(stage.rows("builds?order=-buildid&limit=1")[0]))
    stage.finish(stage.force("other"))
    stage.finish(stage.force_by("named", "real", virtual_builder_name="by force"))
    stage.note("builders", [
        {key: row[key] for key in ("name", "description", "tags", "masterids")}
        for row in sorted(stage.rows("builders"), key=lambda row: row["name"])
    ])  # fmt: skip
    names = {row["builderid"]: row["name"] for row in stage.rows("builders")}
    stage.note("builds", [
        [names[row["builderid"]], row["number"], names[request["builderid"]]]
        for row in stage.rows("builds?order=buildid")
        for request in stage.rows(f"buildrequests/{row['buildrequestid']}")
    ])  # fmt: skip
    stage.note(
        "of the virtual one", [row["number"] for row in stage.rows("builders/virtual%20one/builds")]
    )
