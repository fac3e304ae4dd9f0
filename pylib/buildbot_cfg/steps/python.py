# SPDX-License-Identifier: MIT
"""Steps that run tools of Python projects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process import _summary
from buildbot_cfg.process.results import FAILURE, SUCCESS, WARNINGS
from buildbot_cfg.steps._tool import CountingStep, ToolStep

__all__ = ["BuildEPYDoc", "PyFlakes", "PyLint", "Sphinx"]


class BuildEPYDoc(ToolStep):
    """Runs epydoc (``make epydocs``) and counts warnings and errors."""

    name = "epydoc"
    command = ["make", "epydocs"]
    description = "building epydocs"
    descriptionDone = "epydoc"
    reads_lines = True
    warnings = 0
    errors = 0

    def saw_line(self, stream: str, line: str) -> None:
        """Counts."""
        self.warnings += "Warning: " in line
        self.errors += "Error: " in line

    async def conclude(self, command: Any) -> int:
        """Warnings and errors give WARNINGS."""
        if command.didFail():
            return FAILURE
        return WARNINGS if self.warnings or self.errors else SUCCESS

    def getResultSummary(self) -> Any:
        """The numbers."""
        text = _summary.joined(self.descriptionDone)
        for name, count in (("warn", self.warnings), ("err", self.errors)):
            if count:
                text += f" {name}={count}"
        return self.summary_of(text)


_FLAKES = (
    (" imported but unused", "unused"),
    ("*' used; unable to detect undefined names", "import*"),
    ("undefined name ", "undefined"),
    ("redefinition of unused ", "redefs"),
)


class PyFlakes(CountingStep):
    """Runs pyflakes (``make pyflakes``) and counts what it finds; undefined names are a failure.

    Example:
        >>> PyFlakes(command=["pyflakes", "src"])
        PyFlakes(command=['pyflakes', 'src'])
    """

    name = "pyflakes"
    command = ["make", "pyflakes"]
    description = "running pyflakes"
    descriptionDone = "pyflakes"
    flunkOnFailure = False
    kinds = ("unused", "undefined", "redefs", "import*", "misc")
    prefix = property_source = "pyflakes"
    _flunkingIssues: ClassVar[tuple[str, ...]] = ("undefined",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "decodeRC": {0: SUCCESS, 1: WARNINGS}})
        self._began = False

    def flunking_kinds(self) -> Iterable[str]:
        """Undefined names."""
        return self._flunkingIssues

    def kind_of(self, line: str) -> str | None:
        """By pyflakes' texts; the first lines, without a colon, are the commands of make."""
        self._began = self._began or ":" in line
        if not self._began:
            return None
        return next((kind for text, kind in _FLAKES if text in line), "misc")


class PyLint(CountingStep):
    """Runs pylint and counts its messages; errors and fatal ones are a failure.

    Args:
        store_results: keep the messages as a test result set of the build, too.

    Example:
        >>> PyLint(command=["pylint", "src"])
        PyLint(command=['pylint', 'src'])
    """

    name = "pylint"
    description = "running pylint"
    descriptionDone = "pylint"
    prefix, property_source = "pylint", "Pylint"

    RC_OK = 0
    RC_FATAL = 1
    RC_ERROR = 2
    RC_WARNING = 4
    RC_REFACTOR = 8
    RC_CONVENTION = 16
    RC_USAGE = 32
    _MESSAGES: ClassVar[dict[str, str]] = {
        "C": "convention",
        "R": "refactor",
        "W": "warning",
        "E": "error",
        "F": "fatal",
        "I": "info",
    }
    kinds = tuple(sorted(_MESSAGES.values()))
    _flunkingIssues: ClassVar[tuple[str, ...]] = ("F", "E")
    # The text format of old versions, that of pylint 2, and "parseable".
    _formats: ClassVar[tuple[re.Pattern[str], ...]] = (
        re.compile(r"(?P<letter>[CRWEFI])(\d+)?: *\d+(, *\d+)?:.+"),
        re.compile(r"(?P<path>[^:]+):(?P<line>\d+):\d+: *(?P<letter>[CRWEFI])(\d+)?:.+"),
        re.compile(
            r"(?P<path>[^:]+):(?P<line>\d+): "
            r"\[(?P<letter>[CRWEFI])(\d+)?(\([a-z-]+\))?[,\]] .+"
        ),
    )

    def __init__(self, store_results: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._store_results = store_results
        self._result_setid: int | None = None

    def flunking_kinds(self) -> Iterable[str]:
        """Errors and fatal messages."""
        return [self._MESSAGES[letter] for letter in self._flunkingIssues]

    async def addTestResultSets(self) -> None:
        """Makes the result set of the messages."""
        if self._store_results:
            self._result_setid = await self.addTestResultSet(
                "Pylint warnings", "code_issue", "message"
            )

    def kind_of(self, line: str) -> str | None:
        """By the letter of the message."""
        for form in self._formats:
            if match := form.match(line):
                self._store(line, match.groupdict())
                return self._MESSAGES[match["letter"]]
        return None

    def _store(self, line: str, parts: dict[str, str | None]) -> None:
        path, number = parts.get("path"), parts.get("line")
        if self._result_setid is None or path is None or number is None:
            return
        self.addTestResult(
            self._result_setid, line, test_name=None, test_code_path=path, line=int(number)
        )

    def judge(self, command: Any, total: int) -> int:
        """By the bits of pylint's exit status, then by the messages."""
        code = -1 if command.rc is None else command.rc
        if code & (self.RC_FATAL | self.RC_ERROR | self.RC_USAGE):
            return FAILURE
        if any(self.found[kind] for kind in self.flunking_kinds()):
            return FAILURE
        return WARNINGS if total else SUCCESS


class Sphinx(ToolStep):
    """Makes documentation with Sphinx.

    Args:
        sphinx_sourcedir: where the sources are.
        sphinx_builddir: where the result goes.
        sphinx_builder: Sphinx' builder: "html", "latex" ...
        sphinx: the program, a string or a list of words.
        tags: a list of tags.
        defines: settings that replace those of ``conf.py``: True, False, a value, or None.
        strict_warnings: warnings are errors.
        mode: "incremental", or "full": read all files again.

    Example:
        >>> Sphinx(sphinx_builddir="_build").name
        'sphinx'
    """

    name = "sphinx"
    description = "running sphinx"
    descriptionDone = "sphinx"
    haltOnFailure = True
    reads_lines = True
    _marks: ClassVar[tuple[str, ...]] = ("WARNING", "ERROR", "SEVERE")

    def __init__(
        self,
        sphinx_sourcedir: Any = ".",
        sphinx_builddir: Any = None,
        sphinx_builder: Any = None,
        sphinx: Any = "sphinx-build",
        tags: Any = None,
        defines: Any = None,
        strict_warnings: bool = False,
        mode: str = "incremental",
        **kwargs: Any,
    ) -> None:
        if sphinx_builddir is None:
            report('argument "sphinx_builddir" is missing', "step (Sphinx)")
        if mode not in ("incremental", "full"):
            report(f'"mode" must be "incremental" or "full", not {mode!r}', "step (Sphinx)")
        self.warnings = 0
        self.success = False
        self._lines: list[str] = []
        super().__init__(**kwargs)
        command = list(sphinx) if isinstance(sphinx, (list, tuple)) else [sphinx]
        if sphinx_builder is not None:
            command += ["-b", sphinx_builder]
        for tag in tags or []:
            command += ["-t", tag]
        for name, value in sorted((defines or {}).items()):
            command += ["-D", _define(name, value)]
        command += ["-E"] * (mode == "full") + ["-W"] * bool(strict_warnings)
        self.command = [*command, sphinx_sourcedir, sphinx_builddir]

    def saw_line(self, stream: str, line: str) -> None:
        """Sphinx' last line says whether it worked."""
        if line.startswith(("build succeeded", "no targets are")):
            self.success = True
        found = [line for mark in self._marks if mark in line]
        self.warnings += len(found)
        self._lines += found

    async def conclude(self, command: Any) -> int:
        """Makes the log of warnings."""
        if self._lines:
            await self.addCompleteLog("warnings", "\n".join(self._lines))
        self.setStatistic("warnings", self.warnings)
        if not self.success:
            return FAILURE
        return WARNINGS if self.warnings else SUCCESS

    def getResultSummary(self) -> Any:
        """The number of warnings."""
        return self.summary_of(f"{self.name} {self.warnings} warnings")


def _define(name: str, value: Any) -> str:
    if value is None:
        return name
    return f"{name}={int(value) if isinstance(value, bool) else value}"
