# SPDX-License-Identifier: MIT
"""The same configuration gives the same REST answers as under Buildbot 4.3.

What upstream answered is kept in tests/data/scenarios/*.json. To record it again, run this file with KILN_RECORD=1 and
KILN_MASTER_CMD naming upstream's `buildbot`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from running import ROOT, Master

SCENARIOS = ROOT / "tests" / "data" / "scenarios"
# The traceback and the worker's headers name files, times and processes of the run.
FREE_TEXT = {"err_text", "err_html"}


def dump_step(master: Master, step: dict[str, Any]) -> dict[str, Any]:
    logs = {}
    for log in master.rows(f"steps/{step['stepid']}/logs"):
        if log["slug"] in FREE_TEXT:
            logs[log["slug"]] = [log["type"], log["complete"]]
            continue
        lines = master.log_text(step, log["slug"]).splitlines() if log["num_lines"] else []
        kept = [
            line
            for line in lines
            if not line.startswith("h") or line.startswith("hprogram finished")
        ]
        logs[log["slug"]] = [log["type"], log["complete"], kept]
    keys = ("number", "name", "results", "state_string", "urls", "hidden", "complete")
    return {key: step[key] for key in keys} | {"logs": logs}


def dump(master: Master, build: dict[str, Any]) -> dict[str, Any]:
    properties = master.rows(f"builds/{build['buildid']}/properties")[0]
    for name in ("basedir", "builddir"):
        del properties[name]
    request = master.rows(f"buildrequests/{build['buildrequestid']}")[0]
    buildset = master.rows(f"buildsets/{request['buildsetid']}")[0]
    stamps = [{k: v for k, v in s.items() if k != "created_at"} for s in buildset["sourcestamps"]]
    return {
        "build": {key: build[key] for key in ("number", "results", "state_string", "complete")},
        "steps": [dump_step(master, step) for step in master.steps(build)],
        "properties": dict(sorted(properties.items())),
        "request": {
            key: request[key]
            for key in ("results", "complete", "claimed", "priority", "waited_for")
        },
        "buildset": {
            key: buildset[key]
            for key in ("reason", "results", "external_idstring", "parent_buildid")
        },
        "sourcestamps": stamps,
    }


@pytest.mark.parametrize("name", sorted(path.stem for path in SCENARIOS.glob("*.cfg")))
def test_scenario(run_master: Callable[[str], Master], name: str) -> None:
    master = run_master((SCENARIOS / f"{name}.cfg").read_text())
    recorded = SCENARIOS / f"{name}.json"

    seen = dump(master, master.finished_build(master.force(reason="scenario")))

    if os.environ.get("KILN_RECORD"):
        recorded.write_text(json.dumps(seen, indent=1, sort_keys=True) + "\n")
    expected = json.loads(recorded.read_text())
    for part in expected:  # one by one: the difference of the whole is too long to read
        assert seen[part] == expected[part], part
    assert seen.keys() == expected.keys()
