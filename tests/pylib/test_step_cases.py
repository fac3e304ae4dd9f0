# SPDX-License-Identifier: MIT
"""Steps against a scripted worker end as Buildbot's ended: tests/conformance/steps/step_cases.py, recorded.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from buildbot.plugins import steps, util
from buildbot.process.results import EXCEPTION, Results
from buildbot_cfg._errors import ConfigErrors
from buildbot_cfg.testing import Answer, run_step

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "steps"
sys.path.insert(0, str(FOLDER))

from step_cases import CASES, DIFFERENT  # noqa: E402

RECORDED = json.loads((FOLDER / "recorded.json").read_text())


class AnyCommand(Answer):
    def check(self, command):
        """Answers whatever the step runs: the commands are compared afterwards."""


def answer(output="", rc=0, *updates):
    told = tuple((key, value[-1]) for each in updates for key, value in each.items())
    return AnyCommand("", {}, rc, output, updates=told)


def seen(case):
    answers = [answer(*outcome) for outcome in case.outcomes] + [answer() for _ in range(20)]
    made = eval(case.step, {"steps": steps, "util": util})
    given = {"workdir": "wkdir", "files": case.files, "properties": case.properties}
    ran = run_step(made, *answers, lenient=True, **given)
    return ran, {
        "commands": [[command.name, comparable(command)] for command in ran.commands],
        "results": Results[ran.results],
        "summary": ran.summary,
        "logs": {
            name: plain(log.stdout + log.stderr + log.header)
            for name, log in ran.logs.items()
            if not name.startswith("err.")
        },
        "properties": {name: list(pair) for name, pair in ran.properties.items()},
        "statistics": ran.statistics,
    }


def comparable(command):
    """The worker takes None for usePTY like False, and Buildbot leaves out what is not given."""
    args = json.loads(json.dumps(command.args))
    return args | {"usePTY": bool(args["usePTY"])} if "usePTY" in args else args


def plain(text):
    return text.removesuffix("\n")


def told(case):
    recorded = RECORDED[case.name]
    for name, args in recorded.get("commands", []):
        if name == "shell":
            args["usePTY"] = bool(args.get("usePTY"))
    logs = recorded.get("logs", {})
    return recorded | {"logs": {name: plain(text) for name, text in logs.items()}}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_ends_as_buildbots(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some steps keep files
    recorded = told(case)
    if "refused" in recorded:
        with pytest.raises(ConfigErrors):
            seen(case)
        return

    ran, result = seen(case)

    if "raised" in recorded:
        assert case.name in DIFFERENT or ran.results == EXCEPTION
        return
    different = {key for key in recorded if recorded[key] != result[key]}
    allowed = DIFFERENT.get(case.name, ())
    assert {key: (recorded[key], result[key]) for key in different - set(allowed)} == {}, ran.error
    assert set(allowed) <= different, "a difference that is no more"
