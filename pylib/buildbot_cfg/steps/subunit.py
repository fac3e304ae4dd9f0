# SPDX-License-Identifier: MIT
"""A step that runs a program which tells of its tests by the subunit protocol, version 1."""

from __future__ import annotations

import re
from typing import Any

from buildbot_cfg.process.logobserver import LogLineObserver
from buildbot_cfg.process.results import FAILURE
from buildbot_cfg.steps._tool import ToolStep

__all__ = ["SubunitLogObserver", "SubunitShellCommand"]

_BEGIN = re.compile(r"test(?:ing)?:?\s+(.+)")
_END = re.compile(
    r"(success(?:ful)?|failure|error|skip|xfail|uxsuccess):?\s+(.+?)(?:\s+(\[)(?:\s+multipart)?)?"
)
_SILENT = re.compile(r"(?:tags|time|progress):")


class SubunitLogObserver(LogLineObserver):
    """Reads the lines of the protocol."""

    def __init__(self) -> None:
        super().__init__()
        self.testsRun = 0
        #: Names and details.
        self.errors: list[tuple[str, str]] = []
        self.failures: list[tuple[str, str]] = []
        self.skips: list[tuple[str, str]] = []
        #: Lines that are not of the protocol.
        self.warningio: list[str] = []
        self._test: str | None = None
        self._details: tuple[str, list[str]] | None = None

    def outLineReceived(self, line: str) -> None:
        """A line of stdout."""
        if self._details is not None:
            self._detail(line)
        elif match := _BEGIN.fullmatch(line):
            self._test = match[1]
            self.testsRun += 1
        elif (match := _END.fullmatch(line)) and match[2] == self._test:
            if match[3]:
                self._details = (match[1], [])
            else:
                self._ended(match[1], "")
        elif not _SILENT.match(line):
            self.warningio.append(line)

    def errLineReceived(self, line: str) -> None:
        """A line of stderr."""
        self.outLineReceived(line)

    def _detail(self, line: str) -> None:
        assert self._details is not None
        kind, lines = self._details
        if line == "]":
            self._details = None
            self._ended(kind, "\n".join(lines))
        else:
            lines.append(line[1:] if line == " ]" else line)

    def _ended(self, kind: str, details: str) -> None:
        assert self._test is not None
        places = {"error": self.errors, "failure": self.failures, "skip": self.skips}
        if kind in places:
            places[kind].append((self._test, details))
        self._test = None


class SubunitShellCommand(ToolStep):
    """Runs a command whose output is a subunit stream (version 1), and counts tests.

    Args:
        failureOnNoTests: fail when no test was run.

    Example:
        >>> SubunitShellCommand(command="python -m subunit.run hello.tests").name
        'shell'
    """

    name = "shell"

    def __init__(self, failureOnNoTests: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.failureOnNoTests = failureOnNoTests
        self._observer = SubunitLogObserver()
        self._ended = False
        self.addLogObserver("stdio", self._observer)

    async def conclude(self, command: Any) -> int:
        """Makes the logs of problems and of lines that are no part of the protocol."""
        seen = self._observer
        self._ended = True
        problems = [f"{name}\n{text}\n" for name, text in [*seen.errors, *seen.failures]]
        if problems:
            await self.addCompleteLog("problems", "".join(problems))
        if seen.warningio:
            await self.addCompleteLog("warnings", "".join(f"{line}\n" for line in seen.warningio))
        if problems or (self.failureOnNoTests and not seen.testsRun):
            return FAILURE
        result: int = command.results()
        return result

    def getResultSummary(self) -> Any:
        """The numbers."""
        if not self._ended:
            return super().getResultSummary()
        seen = self._observer
        if not seen.testsRun:
            return self.summary_of("shell no tests run")
        if not (seen.failures or seen.errors):
            passed = f"{seen.testsRun} test{'' if seen.testsRun == 1 else 's'} passed"
            return self.summary_of(f"shell {passed}")
        text = f"shell Total {seen.testsRun} test(s)"
        for kind, found in (("failure", seen.failures), ("error", seen.errors)):
            if found:
                text += f" {len(found)} {kind}{'' if len(found) == 1 else 's'}"
        return self.summary_of(text)
