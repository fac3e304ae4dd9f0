# SPDX-License-Identifier: MIT
"""The data and the test results are asked for by name."""

from urllib.parse import quote


def play(stage):
    build = stage.finish(stage.force("b1"))
    kept = stage.rows(f"builds/{build['buildid']}/data")
    stage.note("kept", sorted(data["name"] for data in kept))
    for name in ("text", "empty", "again"):
        stage.note(
            f"value of {name}", stage.text(f"builds/{build['buildid']}/data/{quote(name)}/value")
        )
    for step in stage.steps(build):
        sets = stage.rows(f"steps/{step['stepid']}/test_result_sets")
        told = []
        for one in sets:
            results = stage.rows(f"test_result_sets/{one['test_result_setid']}/results")
            if len(results) > 10:
                results = results[:3] + results[-3:]
            told.append(
                [one[key] for key in ("description", "category", "value_unit", "tests_passed", "tests_failed", "complete")]
                + [[r[key] for key in ("test_name", "test_code_path", "line", "duration_ns", "value")] for r in results]
            )  # fmt: skip
        stage.note(f"tests of {step['name']}", told)
