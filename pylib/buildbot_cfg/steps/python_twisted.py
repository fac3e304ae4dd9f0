# SPDX-License-Identifier: MIT
"""Steps of the Twisted project that others use, too."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process import _summary
from buildbot_cfg.process.results import FAILURE, SKIPPED, SUCCESS, WARNINGS
from buildbot_cfg.steps._tool import ToolStep
from buildbot_cfg.steps.shell import ShellCommand

__all__ = ["HLint", "RemovePYCs", "Trial"]

#: "Not given", where None means something.
UNSPECIFIED: Any = ()


class RemovePYCs(ShellCommand):
    """Deletes compiled Python files below its directory.

    The pattern is ``*.pyc``: Buildbot hands find the quotes, too, so that it finds none.
    """

    name = "remove_pyc"
    command = ["find", ".", "-name", "*.pyc", "-exec", "rm", "{}", ";"]
    description = ["removing .pyc files"]
    descriptionDone = ["remove .pycs"]


class HLint(ToolStep):
    """Runs ``bin/lore`` of the project over the ``.xhtml`` files that changed.

    Args:
        python: the program that runs it, a string or a list of words.
    """

    name = "hlint"
    description = "running hlint"
    descriptionDone = "hlint"
    warnOnWarnings = True
    warnOnFailure = True
    warnings = 0
    refused = ("command",)
    reads_lines = True

    def __init__(self, python: Any = None, **kwargs: Any) -> None:
        self.python = python
        self.warningLines: list[str] = []
        self._counted = False
        super().__init__(**kwargs)

    def words(self) -> Any:
        """``python bin/lore -p --output lint files``."""
        return [*_words(self.python), "bin/lore", "-p", "--output", "lint", *self._files()]

    def _files(self) -> list[str]:
        return [name for name in self.build.allFiles() if name.endswith(".xhtml")]

    async def run(self) -> int:
        """Runs it unless there is no such file."""
        files = self._files()
        if not files:
            return SKIPPED
        result = await self.run_tool()
        await self.addCompleteLog("files", "".join(f"{name}\n" for name in files))
        return result

    def saw_line(self, stream: str, line: str) -> None:
        """Lines with a colon are warnings."""
        if ":" in line:
            self.warnings += 1
            self.warningLines.append(line)

    async def conclude(self, command: Any) -> int:
        """Makes the log of warnings."""
        await self.addCompleteLog("warnings", "\n".join(self.warningLines))
        if command.didFail():
            return FAILURE
        self._counted = True
        return WARNINGS if self.warnings else SUCCESS

    def getResultSummary(self) -> Any:
        """The number of warnings."""
        if not self._counted:
            return super().getResultSummary()
        return self.summary_of(f"{self.warnings} hlint{'' if self.warnings == 1 else 's'}")


_COUNT = re.compile(r"Ran (\d+) tests")
_ENDS = re.compile(r"^(?:PASSED|FAILED|OK)\b.*\((.*)\)")
_RULE = re.compile(r"(={60}|-{60})")
_TOLD = {"failures": "failure", "errors": "error", "skips": "skip", "expectedFailures": "todo"}


class Trial(ToolStep):
    """Runs tests by Twisted's trial.

    Args:
        python: the program that runs trial, a string or a list of words.
        trial: trial itself.
        trialMode: a list of options that choose the format of the output.
        trialArgs: a list of further options.
        jobs: the number of processes.
        testpath: a directory that is put before ``PYTHONPATH``; must be given, may be None.
        tests: names of tests, a string or a list.
        testChanges: run the tests of the files that changed.
        recurse: also those of packages below.
        reactor: Twisted's reactor.
        randomly: in a new order each time.

    Example:
        >>> Trial(testpath=".", tests="hello.test").name
        'trial'
    """

    name = "trial"
    progressMetrics = ("output", "tests", "test.log")
    logfiles: Any = {"test.log": "_trial_temp/test.log"}
    renderables: ClassVar[list[str]] = ["tests", "jobs"]
    flunkOnFailure = True
    refused = ("command",)
    reads_lines = True

    python: Any = None
    trial: Any = "trial"
    trialMode: Any = ["--reporter=bwverbose"]
    trialArgs: Any = []
    jobs: Any = None
    testpath: Any = UNSPECIFIED
    testChanges: Any = False
    recurse: Any = False
    reactor: Any = None
    randomly: Any = False
    tests: Any = None
    description = "testing"
    descriptionDone = "tests"

    def __init__(
        self,
        reactor: Any = UNSPECIFIED,
        python: Any = None,
        trial: Any = None,
        testpath: Any = UNSPECIFIED,
        tests: Any = None,
        testChanges: Any = None,
        recurse: Any = None,
        randomly: Any = None,
        trialMode: Any = None,
        trialArgs: Any = None,
        jobs: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given = {
            "python": python,
            "trial": trial,
            "tests": tests,
            "testChanges": testChanges,
            "recurse": recurse,
            "randomly": randomly,
            "trialMode": trialMode,
            "trialArgs": trialArgs,
            "jobs": jobs,
        }
        for name, value in given.items():
            if value is not None:
                setattr(self, name, value)
        if reactor is not UNSPECIFIED:
            self.reactor = reactor
        if testpath is not UNSPECIFIED:
            self.testpath = testpath
        self._check()
        if isinstance(self.tests, str):
            self.tests = [self.tests]
        self._problems: list[str] | None = None
        self._warned: set[str] = set()
        self._begun_warning: str | None = None
        self._total: int | None = None
        self._counts = dict.fromkeys(_TOLD, 0)
        self.text: str | None = None

    def _check(self) -> None:
        label = "step (Trial)"
        if self.testpath is UNSPECIFIED:
            report('argument "testpath" is missing (it may be None)', label)
        elif self.testpath is not None and not isinstance(self.testpath, str):
            report(f'"testpath" must be a string or None, not {self.testpath!r}', label)
        if not self.testChanges and self.tests is None:
            report('one of "tests" and "testChanges" is required', label)
        for name, value in (("python", self.python), ("trial", self.trial)):
            words = _words(value)
            if not all(isinstance(word, str) for word in words):
                report(f'"{name}" must be a string or a list of strings, not {value!r}', label)
            elif any(" " in word for word in words):
                report(f'a word of "{name}" has a space: give a list of words', label)

    def words(self) -> Any:
        """``python trial options tests``."""
        command = [*_words(self.python), self.trial, *self.trialMode]
        if self.recurse:
            command.append("--recurse")
        if self.reactor:
            command.append(f"--reactor={self.reactor}")
        if self.randomly:
            command.append("--random=0")
        command += self.trialArgs
        if self.jobs is not None:
            command.append(f"--jobs={self.jobs}")
        if self.testChanges:
            changed = [name for name in self.build.allFiles() if name.endswith(".py")]
            return command + [f"--testmodule={name}" for name in changed]
        return command + list(self.tests)

    async def run(self) -> int:
        """Runs the tests."""
        if self.testpath is not None:
            old = (self.env or {}).get("PYTHONPATH", [])
            before = [old] if isinstance(old, str) else list(old)
            self.env = {**(self.env or {}), "PYTHONPATH": [self.testpath, *before]}
        if self.jobs is not None:
            self.logfiles = {
                f"{kind}.{number}.log": f"_trial_temp/{number}/{kind}.log"
                for number in range(int(self.jobs))
                for kind in ("test", "err", "out")
            }
        return await self.run_tool()

    def saw_line(self, stream: str, line: str) -> None:
        """Looks for numbers, for the reports of what failed and for warnings."""
        if self._problems is not None:
            self._problems.append(line)
        elif _RULE.match(line):
            self._problems = [line]
        if match := _COUNT.search(line):
            self._total = int(match[1])
        if match := _ENDS.match(line):
            for part in match[1].split(","):
                name, _, number = part.strip().partition("=")
                if name in self._counts and number.isdigit():
                    self._counts[name] = int(number)
        self._look_for_warning(line)

    def _look_for_warning(self, line: str) -> None:
        if self._begun_warning is not None:
            self._warned.add(f"{self._begun_warning}\n{line}\n")
            self._begun_warning = None
        elif " DeprecationWarning: " in line or " UserWarning: " in line:
            self._begun_warning = line
        elif "Warning: " in line:
            self._warned.add(line)

    async def conclude(self, command: Any) -> int:
        """Makes the logs of problems and warnings."""
        result = FAILURE if command.rc != 0 else SUCCESS
        if command.rc == 0 and self._total is None:
            result = FAILURE
        self.text = self._told(command.rc)
        if self._problems:
            await self.addCompleteLog("problems", "\n".join(self._problems))
        if self._warned:
            await self.addCompleteLog("warnings", "".join(sorted(self._warned)))
        return result

    def _told(self, rc: int | None) -> str:
        """What the summary says of the tests."""
        if rc == 0 and self._total is None:
            told = ["testlog unparseable"]
        elif rc == 0:
            told = [
                _plural(self._total or 0, "test") + " passed" if self._total else "no tests run"
            ]
        else:
            told = ["tests" if self._total is not None else "tests failed"]
            told += self._kinds("failures", "errors")
        told += self._kinds("skips", "expectedFailures")
        return " ".join(told + ([f"({self.reactor})"] if self.reactor else []))

    def _kinds(self, *names: str) -> list[str]:
        return [_plural(self._counts[name], _TOLD[name]) for name in names if self._counts[name]]

    def getResultSummary(self) -> Any:
        """The numbers."""
        if self.text is None:
            return super().getResultSummary()
        return self.summary_of(_summary.with_suffix(self, self.text))


def _words(value: Any) -> list[Any]:
    if value is None:
        return []
    return [value] if not isinstance(value, (list, tuple)) else list(value)


def _plural(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
