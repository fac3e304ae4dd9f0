# SPDX-License-Identifier: MIT
"""Shell commands whose output is searched for warnings."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from functools import cached_property
from typing import Any, ClassVar

from buildbot_cfg._checks import check_callable
from buildbot_cfg.process.buildstep import BuildStep, ShellMixin
from buildbot_cfg.process.logobserver import LineConsumerLogObserver
from buildbot_cfg.process.results import FAILURE, SUCCESS, WARNINGS, worst_status
from buildbot_cfg.steps.worker import CompositeStepMixin

#: What a line says: file, line number (or None), text.
Warning_ = tuple[Any, Any, str]
_UNSET: Any = object()


class WarningCountingShellCommand(ShellMixin, CompositeStepMixin, BuildStep):
    """Runs a command and counts the warnings in its output.

    Args:
        warningPattern: lines that match it are warnings.
        warningExtractor: a function (step, line, match) that gives (file, line number, text).
        maxWarnCount: more warnings than that are a failure.
        directoryEnterPattern: lines that say in which directory the next ones are.
        directoryLeavePattern: lines that say that it is left.
        suppressionFile: a file on the worker with warnings that do not count.
        suppressionList: (file pattern, text pattern, first line, last line) that do not count.
    """

    warningPattern: Any = "(?i).*warning[: ].*"
    directoryEnterPattern: Any = "make.*: Entering directory [\u2019\"`'](.*)[\u2019'`\"]"
    directoryLeavePattern: Any = "make.*: Leaving directory"
    suppressionFile: Any = None
    suppressionList: Any = None
    maxWarnCount: Any = None
    warnCount = 0

    commentEmptyLineRe = re.compile(r"^\s*(#.*)?$")
    suppressionLineRe = re.compile(r"^\s*(.+?)\s*:\s*(.+?)\s*(?:[:]\s*([0-9]+)(?:-([0-9]+))?\s*)?$")

    renderables: ClassVar[list[str]] = [
        "suppressionFile",
        "suppressionList",
        "warningPattern",
        "directoryEnterPattern",
        "directoryLeavePattern",
        "maxWarnCount",
    ]

    def __init__(
        self,
        warningPattern: Any = _UNSET,
        warningExtractor: Callable[..., Warning_] | None = None,
        maxWarnCount: int | None = None,
        directoryEnterPattern: Any = None,
        directoryLeavePattern: Any = None,
        suppressionFile: str | None = None,
        suppressionList: Any = None,
        **kwargs: Any,
    ) -> None:
        if warningPattern is not _UNSET:
            self.warningPattern = warningPattern
        if directoryEnterPattern is not None:
            self.directoryEnterPattern = directoryEnterPattern
        if directoryLeavePattern is not None:
            self.directoryLeavePattern = directoryLeavePattern
        if suppressionFile is not None:
            self.suppressionFile = suppressionFile
        if suppressionList is not None:
            self.suppressionList = suppressionList
        if maxWarnCount is not None:
            self.maxWarnCount = maxWarnCount
        if warningExtractor is not None:
            check_callable(f"step ({type(self).__name__})", "warningExtractor", warningExtractor)
        self.warningExtractor = warningExtractor or type(self).warnExtractWholeLine
        kwargs = self.setupShellMixin(kwargs)
        super().__init__(**kwargs)

    # Lists of running steps: recipes do without.

    @cached_property
    def suppressions(self) -> list[tuple[Any, Any, Any, Any]]:
        """What does not count: file and text pattern, first and last line."""
        return []

    @cached_property
    def directoryStack(self) -> list[str]:
        """The directories that the output has entered."""
        return []

    @cached_property
    def loggedWarnings(self) -> list[str]:
        """The lines that counted."""
        return []

    def addSuppression(self, suppressionList: Any) -> None:
        """Adds (file pattern, text pattern, first line, last line) that do not count."""
        for file, text, first, last in suppressionList:
            self.suppressions.append((_compiled(file), _compiled(text), first, last))

    def warnExtractWholeLine(self, line: str, match: Any) -> Warning_:
        """The default: the line is the text."""
        return None, None, line

    def warnExtractFromRegexpGroups(self, line: str, match: Any) -> Warning_:
        """For patterns with groups: file, line number (if there are three), text."""
        groups = match.groups()
        if len(groups) == 3:
            return groups[0], int(groups[1]), groups[2]
        file = groups[0] if groups else None
        return file, None, groups[1] if len(groups) > 1 else ""

    def warningLogConsumer(self) -> Generator[None, tuple[str, str], None]:
        """Looks at the lines of the log."""
        warning = _compiled(self.warningPattern)
        entering = _compiled(self.directoryEnterPattern)
        leaving = _compiled(self.directoryLeavePattern)
        while True:
            _, line = yield
            if entering and (match := entering.search(line)):
                self.directoryStack.append(match.group(1))
            elif leaving and self.directoryStack and leaving.search(line):
                self.directoryStack.pop()
            elif warning and (match := warning.match(line)):
                self.maybeAddWarning(self.loggedWarnings, line, match)

    def maybeAddWarning(self, warnings: list[str], line: str, match: Any) -> None:
        """Counts a warning unless it is suppressed."""
        if self.suppressions:
            file, number, text = self.warningExtractor(self, line, match)
            number = int(number) if number is not None else None
            if file is not None and self.directoryStack and self.directoryStack[-1]:
                file = self.build.path_module.join(self.directoryStack[-1], file)
            if any(_covers(s, file, number, text) for s in self.suppressions):
                return
        warnings.append(line)
        self.warnCount += 1

    async def setup_suppression(self) -> None:
        """Reads the suppressions."""
        if self.suppressionList is not None:
            self.addSuppression(self.suppressionList)
        if self.suppressionFile is not None:
            content = await self.getFileContentFromWorker(
                self.suppressionFile, abandonOnFailure=True
            )
            lines = (content or "").split("\n")
            matches = (
                self.suppressionLineRe.match(line)
                for line in lines
                if not self.commentEmptyLineRe.match(line)
            )
            self.addSuppression([_suppression(*match.groups()) for match in matches if match])

    async def run(self) -> int:
        """Runs the command, counting."""
        observer = LineConsumerLogObserver(self.warningLogConsumer)
        self.addLogObserver("stdio", observer)
        await self.setup_suppression()
        command = await self.makeRemoteShellCommand()
        await self.runCommand(command)
        await self.finish_logs()
        await self.createSummary()
        result: int = self.evaluateCommand(command)
        return result

    async def finish_logs(self) -> None:
        """Waits until the whole output was looked at."""
        await self.getLog("stdio").finish()

    async def createSummary(self) -> None:
        """Makes the log of warnings, the statistic and the property."""
        if self.warnCount:
            text = "\n".join(self.loggedWarnings) + "\n"
            await self.addCompleteLog(f"warnings ({self.warnCount})", text)
        self.setStatistic("warnings", self.getStatistic("warnings", 0) + self.warnCount)
        before = self.getProperty("warnings-count", 0)
        self.setProperty("warnings-count", before + self.warnCount, "WarningCountingShellCommand")

    def evaluateCommand(self, cmd: Any) -> int:
        """The result: the command's, or that of the warnings if it is worse."""
        result = SUCCESS
        if self.maxWarnCount is not None and self.warnCount > self.maxWarnCount:
            result = FAILURE
        elif self.warnCount:
            result = WARNINGS
        worst = worst_status(result, cmd.results())
        return SUCCESS if worst is None else worst


def _compiled(pattern: Any) -> Any:
    return re.compile(pattern) if isinstance(pattern, str) else pattern


def _suppression(file: str, text: str, first: str | None, last: str | None) -> tuple[Any, ...]:
    start = None if first is None else int(first)
    return file, text, start, start if last is None else int(last)


def _covers(suppression: tuple[Any, ...], file: Any, number: Any, text: str) -> bool:
    file_re, text_re, first, last = suppression
    if file_re is not None and file is not None and not file_re.match(file):
        return False  # a warning without a file may be of any file
    if text_re is not None and not text_re.search(text):
        return False
    if first is None or last is None:
        return True
    return number is not None and first <= number <= last
