# SPDX-License-Identifier: MIT
"""Steps that run a shell command."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, ClassVar

from buildbot_cfg._errors import ArgumentErrors, report
from buildbot_cfg.process import _summary
from buildbot_cfg.process.buildstep import BuildStep, ShellMixin
from buildbot_cfg.process.logobserver import LogLineObserver
from buildbot_cfg.process.results import CANCELLED, FAILURE, SUCCESS, WARNINGS
from buildbot_cfg.steps._warnings import WarningCountingShellCommand

__all__ = [
    "Compile",
    "Configure",
    "PerlModuleTest",
    "SetPropertyFromCommand",
    "ShellCommand",
    "Test",
    "TreeSize",
    "WarningCountingShellCommand",
]


class ShellCommand(ShellMixin, BuildStep):
    """Runs a command on the worker.

    Args:
        command: a string for the worker's shell, or a (nested) list of words.
        workdir: directory, below the builder's directory.
        env: variables added to the worker's environment.
        timeout: seconds without output after which it is killed; None: never.
        maxTime: seconds after which it is killed.
        logfiles: files that become logs: name to path.
        decodeRC: results by return code.

    Example:
        >>> ShellCommand(command=["make", "all"])
        ShellCommand(command=['make', 'all'])
    """

    name = "shell"

    def __init__(self, **kwargs: Any) -> None:
        if self.is_exact_step_class(ShellCommand) and "command" not in kwargs:
            report('argument "command" is missing', "step (ShellCommand)", kind=ArgumentErrors)
        kwargs = self.setupShellMixin(kwargs)
        super().__init__(**kwargs)

    async def run(self) -> int:
        """Runs the command."""
        command = await self.makeRemoteShellCommand()
        await self.runCommand(command)
        result: int = command.results()
        return result


class Configure(ShellCommand):
    """Runs ``./configure``."""

    name = "configure"
    haltOnFailure = True
    description = ["configuring"]
    descriptionDone = ["configure"]
    command = ["./configure"]


class Compile(WarningCountingShellCommand):
    """Runs ``make all`` and counts warnings of compilers."""

    name = "compile"
    haltOnFailure = True
    description = ["compiling"]
    descriptionDone = ["compile"]
    command = ["make", "all"]


class Test(WarningCountingShellCommand):
    """Runs ``make test``; ``setTestResults`` puts numbers into the summary."""

    __test__ = False

    name = "test"
    warnOnFailure = True
    description = ["testing"]
    descriptionDone = ["test"]
    command = ["make", "test"]

    def setTestResults(
        self, total: int = 0, failed: int = 0, passed: int = 0, warnings: int = 0
    ) -> None:
        """Adds to the numbers of tests."""
        counts = {"total": total, "failed": failed, "passed": passed, "warnings": warnings}
        for name, count in counts.items():
            key = "tests-" + name
            self.setStatistic(key, self.getStatistic(key, 0) + count)

    def getResultSummary(self) -> Any:
        """The numbers of tests, if any were set."""
        if not self.hasStatistic("tests-total"):
            return super().getResultSummary()
        names = ("passed", "failed", "warnings")
        counts = {name: self.getStatistic("tests-" + name, 0) for name in names}
        text = f"{self.getStatistic('tests-total', 0) or sum(counts.values())} tests"
        for name, count in counts.items():
            if count:
                text += f" {count} {name}"
        return {"step": _summary.outcome(self, text)}


class SetPropertyFromCommand(ShellMixin, BuildStep):
    """Sets properties from a command's output.

    Args:
        property: the property that gets the output; or:
        extract_fn: a function (rc, stdout, stderr) that gives a dict of properties.
        strip: leave out white space around the output.
        includeStdout: whether stdout belongs to the output.
        includeStderr: whether stderr belongs to it.
    """

    name = "setproperty"
    property_changes: dict[str, Any] = {}
    renderables: ClassVar[list[str]] = ["property"]

    def __init__(
        self,
        property: Any = None,
        extract_fn: Callable[[int | None, str, str], dict[str, Any]] | None = None,
        strip: bool = True,
        includeStdout: bool = True,
        includeStderr: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs = self.setupShellMixin(kwargs)
        self.property, self.extract_fn, self.strip = property, extract_fn, strip
        self.includeStdout, self.includeStderr = includeStdout, includeStderr
        if (property is None) == (extract_fn is None):
            what = 'exactly one of "property" and "extract_fn" is required'
            report(what, f"step ({type(self).__name__})")
        elif extract_fn is not None:
            if not callable(extract_fn):
                report('"extract_fn" must be a function', f"step ({type(self).__name__})")
            self.includeStderr = True
        super().__init__(**kwargs)

    async def run(self) -> int:
        """Runs the command and sets the properties."""
        command = await self.makeRemoteShellCommand(
            collectStdout=self.includeStdout, collectStderr=self.includeStderr
        )
        await self.runCommand(command)
        if self.extract_fn is not None:
            given = self.extract_fn(command.rc, command.stdout, command.stderr)
            await self._set(await given if inspect.isawaitable(given) else given)
        elif not command.didFail():
            output = command.stdout
            await self._set({self.property: output.strip() if self.strip else output})
        result: int = command.results()
        if self.extract_fn is None and not command.didFail() and result != CANCELLED:
            return SUCCESS  # whatever decodeRC says: there is a value
        return result

    async def _set(self, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            self.setProperty(name, value, "SetPropertyFromCommand Step", runtime=True)
        text = "\n".join(f"{name}: {value!r}" for name, value in sorted(changes.items()))
        await self.addCompleteLog("property changes", text)
        self.property_changes = changes

    def getResultSummary(self) -> Any:
        """Which property was set, or how many."""
        if not self.property_changes:
            return super().getResultSummary()
        if len(self.property_changes) == 1:
            text = f"property '{next(iter(self.property_changes))}' set"
        else:
            text = f"{len(self.property_changes)} properties set"
        return {"step": _summary.outcome(self, text)}


class TreeSize(ShellMixin, BuildStep):
    """Measures a directory by ``du``; the property ``tree-size-KiB`` gets the number."""

    name = "treesize"
    command = ["du", "-s", "-k", "."]
    description = ["measuring", "tree", "size"]

    def __init__(self, **kwargs: Any) -> None:
        kwargs = self.setupShellMixin(kwargs)
        super().__init__(**kwargs)
        self._kib: int | None = None
        self._measured = False

    async def run(self) -> int:
        """Measures."""
        command = await self.makeRemoteShellCommand(collectStdout=True)
        await self.runCommand(command)
        self._measured = True
        if match := re.match(r"\d+", command.stdout):
            self._kib = int(match[0])
            self.setProperty("tree-size-KiB", self._kib, "treesize")
        result: int = command.results()
        return WARNINGS if result == SUCCESS and self._kib is None else result

    def getResultSummary(self) -> Any:
        """The number."""
        if not self._measured:
            return super().getResultSummary()
        size = "unknown" if self._kib is None else f"{self._kib} KiB"
        return {"step": _summary.outcome(self, f"treesize {size}")}


class _ProveLines(LogLineObserver):
    """What ``prove`` tells; below "Test Summary Report" in the form of newer versions."""

    _failed = re.compile(r"Tests: \d+ Failed: (\d+)\)")
    _total = re.compile(r"Files=\d+, Tests=(\d+)")
    _old_failed = re.compile(r"(\d+)/(\d+) subtests failed")
    _old_total = re.compile(r"Files=\d+, Tests=(\d+),")

    def __init__(self, warning: Any) -> None:
        super().__init__()
        self._warning = re.compile(warning) if warning else None
        self.total = self.failed = self.warnings = 0
        self.has_report = False

    def outLineReceived(self, line: str) -> None:
        """A line of stdout."""
        if self._warning is not None and self._warning.match(line):
            self.warnings += 1
        if "Test Summary Report" in line:
            self.has_report = True
        elif self.has_report:
            self._in_report(line)
        elif match := self._old_failed.search(line):
            self.failed, self.total = int(match[1]), int(match[2])
        elif match := self._old_total.search(line):
            self.total = int(match[1])

    def _in_report(self, line: str) -> None:
        if match := self._failed.search(line):
            self.failed += int(match[1])
        elif match := self._total.search(line):
            self.total = int(match[1])


class PerlModuleTest(Test):
    """Runs ``prove`` and counts tests."""

    command = ["prove", "--lib", "lib", "-r", "t"]
    total = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen: _ProveLines | None = None

    async def run(self) -> int:
        """Runs it, counting."""
        self._seen = _ProveLines(self.warningPattern)
        self.addLogObserver("stdio", self._seen)
        return await super().run()

    def evaluateCommand(self, cmd: Any) -> int:
        """Tests that fail are a failure; the exit status counts only with a report."""
        assert self._seen is not None
        seen = self._seen
        result = SUCCESS
        if seen.failed or (seen.has_report and cmd.rc):
            result = FAILURE
        if seen.total:
            passed = seen.total - seen.failed
            self.setTestResults(seen.total, seen.failed, passed, seen.warnings)
            if result == SUCCESS and seen.warnings:
                result = WARNINGS
        self.total = seen.total
        return result
