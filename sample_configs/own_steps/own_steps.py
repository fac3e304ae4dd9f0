# SPDX-License-Identifier: MIT
"""Steps of one's own: tests that are counted while they run, and a check without a command."""

from __future__ import annotations

import re

from buildbot.plugins import util
from buildbot.process.buildstep import BuildStep, ShellMixin
from buildbot.process.logobserver import LogLineObserver

RESULT = re.compile(r"^(ok|not ok|skip) ")


class Counter(LogLineObserver):
    """Counts the lines of a test's output."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = {"ok": 0, "not ok": 0, "skip": 0}

    def outLineReceived(self, line: str) -> None:
        match = RESULT.match(line)
        if match:
            self.counts[match.group(1)] += 1


class CountedTests(ShellMixin, BuildStep):
    """Runs a command that prints a line ``ok ...``, ``not ok ...`` or ``skip ...`` for each test.

    The build fails when a test does, or when fewer tests ran than there must be.
    """

    name = "tests"
    renderables = ["at_least"]

    def __init__(self, at_least=1, **kwargs) -> None:
        kwargs = self.setupShellMixin(kwargs)
        super().__init__(**kwargs)
        self.at_least = at_least
        self.counter = Counter()

    async def run(self) -> int:
        self.addLogObserver("stdio", self.counter)
        command = await self.makeRemoteShellCommand()
        await self.runCommand(command)
        counts = self.counter.counts
        self.setStatistic("tests", sum(counts.values()))
        self.setProperty("tests passed", counts["ok"], "CountedTests")
        if command.didFail() or counts["not ok"] or sum(counts.values()) < self.at_least:
            return util.FAILURE
        return util.WARNINGS if counts["skip"] else util.SUCCESS

    def getResultSummary(self) -> dict[str, str]:
        counts = self.counter.counts
        shown = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return {"step": f"tests: {shown or 'none ran'}"}


class EnoughTests(BuildStep):
    """Fails when fewer tests passed than must; looks at what the step before has left."""

    name = "enough"

    def __init__(self, floor, **kwargs) -> None:
        super().__init__(**kwargs)
        self.floor = floor

    async def run(self) -> int:
        passed = self.getProperty("tests passed", 0)
        await self.addCompleteLog("floor", f"{passed} passed, {self.floor} must\n")
        self.descriptionDone = [f"{passed} of at least {self.floor}"]
        return util.SUCCESS if passed >= self.floor else util.FAILURE
