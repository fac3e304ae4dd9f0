# SPDX-License-Identifier: MIT
"""A step that runs MaxQ tests."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.process.results import FAILURE, SUCCESS
from buildbot_cfg.steps._tool import ToolStep

__all__ = ["MaxQ"]


class MaxQ(ToolStep):
    """Runs ``run_maxq.py`` and counts tests that fail.

    Args:
        testdir: the directory of the tests.
    """

    name = "maxq"
    flunkOnFailure = True
    binary = "run_maxq.py"
    failures = 0
    reads_lines = True

    def __init__(self, testdir: Any = None, **kwargs: Any) -> None:
        if not testdir:
            report('argument "testdir" is missing', "step (MaxQ)")
        self.testdir = testdir
        super().__init__(**kwargs)

    def words(self) -> Any:
        """``run_maxq.py testdir``."""
        return [self.binary, self.testdir]

    def saw_line(self, stream: str, line: str) -> None:
        """Counts failures."""
        self.failures += stream == "o" and line.startswith("TEST FAILURE:")

    async def conclude(self, command: Any) -> int:
        """A program that fails without a word counts as one failure."""
        if command.didFail() and not self.failures:
            self.failures = 1
        return FAILURE if self.failures else SUCCESS

    def getResultSummary(self) -> Any:
        """The number of failures."""
        return {"step": f"{self.failures} maxq failures" if self.failures else "success"}
