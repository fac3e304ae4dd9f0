# SPDX-License-Identifier: MIT
"""Each builder once, stopped when its first step waits."""


def play(stage):
    for row in sorted(stage.rows("builders"), key=lambda row: row["name"]):
        request = stage.force(row["name"])
        build = stage.build_of(request)
        step = stage.wait_step(build, "waits")
        stage.wait("its output", lambda step=step: any(
            "waiting\n" in stage.log_text(step, log["slug"]) for log in stage.rows(f"steps/{step['stepid']}/logs")
            if log["num_lines"]))  # fmt: skip
        stage.stop_build(build, f"stop {row['name']}")
        stage.finish(request)
