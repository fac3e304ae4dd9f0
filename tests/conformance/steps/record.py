#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the cases in Buildbot's own test harness (no master, no worker) and keeps how each step ended.

Run it with the Python of an environment that has Buildbot 4.3.0: ``PYTHON record.py [NAME ...]``.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import alembic.util.messaging
from buildbot.config import ConfigErrors
from buildbot.plugins import steps, util
from buildbot.process.results import Results
from buildbot.test.reactor import TestReactorMixin
from buildbot.test.steps import TestBuildStepMixin
from twisted.internet import defer
from twisted.trial import unittest

warnings.filterwarnings = lambda *args, **kwargs: None  # Buildbot's tests make warnings errors
warnings.resetwarnings()
warnings.simplefilter("ignore")
alembic.util.messaging.warn_deprecated = lambda *args, **kwargs: None
sys.path.insert(0, str(Path(__file__).parent))

from step_cases import CASES, Case  # noqa: E402

RECORDED = Path(__file__).resolve().with_name("recorded.json")


class Harness(TestReactorMixin, TestBuildStepMixin, unittest.TestCase):
    def runTest(self) -> None:
        pass


async def played(case: Case) -> dict[str, Any]:
    """How the step ended."""
    harness = Harness()
    harness.setup_test_reactor()
    await harness.setup_test_build_step()
    try:
        made = eval(case.step, {"steps": steps, "util": util})
    except ConfigErrors:
        return {"refused": True}
    except Exception as error:
        return {"raised": type(error).__name__}
    harness.setup_step(made)
    step = harness.get_nth_step(0)
    for name, value in case.properties.items():
        harness.build.setProperty(name, value, "test")
    harness.build.allFiles = lambda: list(case.files)
    commands: list[Any] = []
    outcomes = list(case.outcomes)

    async def run_command(command: Any) -> int:
        sent = dict(command.args)
        if command.remote_command == "shell":
            sent["command"] = command.command
        commands.append([command.remote_command, sent])
        output, command.rc, *more = outcomes.pop(0) if outcomes else ("", 0)
        for updates in more:
            command.updates.update(updates)
        if command.collectStdout:
            command.stdout += output
        if command.stdioLogName in command.logs and output:
            for line in output.splitlines(keepends=True):  # each a piece of its own
                await command.logs[command.stdioLogName].addStdout(line)
        return int(command.results())

    step.runCommand = lambda command: defer.ensureDeferred(run_command(command))
    ended = step.startStep(None)
    harness.reactor.advance(1)
    try:
        await ended
    except Exception as error:
        return {"raised": f"end: {type(error).__name__}"}
    try:
        summary = await step.getBuildResultSummary()
    except Exception as error:  # it would leave the step without an end
        return {"raised": f"summary: {type(error).__name__}"}
    return {
        "commands": commands,
        "results": Results[step.results],
        "summary": summary.get("step"),
        "logs": {
            name: log.stdout + log.stderr + log.header
            for name, log in step.logs.items()
            if not name.startswith("err.")
        },
        "properties": {
            name: list(pair)
            for name, pair in harness.build.getProperties().asDict().items()
            if pair[1] != "test" and pair[1] != "TEST"
        },
        "statistics": step.getStatistics(),
    }


def main() -> None:
    chosen = [case for case in CASES if not sys.argv[1:] or case.name in sys.argv[1:]]
    kept: dict[str, Any] = json.loads(RECORDED.read_text()) if sys.argv[1:] else {}

    async def everything() -> None:
        for case in chosen:
            kept[case.name] = await played(case)

    failed: list[Any] = []
    os.chdir(tempfile.mkdtemp(prefix="kiln-record-"))
    defer.ensureDeferred(everything()).addErrback(failed.append)
    if failed:
        failed[0].raiseException()
    lines = [
        f"{json.dumps(name)}: {json.dumps(ended, sort_keys=True, default=repr)}"
        for name, ended in sorted(kept.items())
    ]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(chosen)} cases recorded")


if __name__ == "__main__":
    main()
