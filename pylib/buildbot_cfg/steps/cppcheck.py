# SPDX-License-Identifier: MIT
"""A step that runs cppcheck."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from buildbot_cfg.process import _summary
from buildbot_cfg.process.results import FAILURE, SUCCESS, WARNINGS
from buildbot_cfg.steps._tool import CountingStep

__all__ = ["Cppcheck"]


class Cppcheck(CountingStep):
    """Runs cppcheck and counts what it finds; errors are a failure.

    Args:
        source: a list of files and directories.
        binary: the program.
        enable: a list of kinds of checks.
        inconclusive: also report what is not sure.
        extra_args: a list of further options.

    Example:
        >>> Cppcheck(enable=["all"], inconclusive=True).name
        'cppcheck'
    """

    name = "cppcheck"
    description = ["running", "cppcheck"]
    descriptionDone = ["cppcheck"]
    prefix, property_source = "cppcheck", "Cppcheck"
    flunkingIssues: ClassVar[tuple[str, ...]] = ("error",)
    MESSAGES = ("error", "warning", "style", "performance", "portability", "information")
    kinds = MESSAGES
    refused = ("command",)
    renderables: ClassVar[list[str]] = ["binary", "source", "extra_args"]
    _form = re.compile(rf"(?:\[.+\]: )?\((?P<kind>{'|'.join(MESSAGES)})\) .+")

    def __init__(
        self,
        source: Any = (".",),
        binary: Any = "cppcheck",
        enable: Any = (),
        inconclusive: Any = False,
        extra_args: Any = (),
        **kwargs: Any,
    ) -> None:
        self.source: Any = source
        self.binary, self.extra_args = binary, extra_args
        self.enable, self.inconclusive = enable, inconclusive
        super().__init__(**kwargs)

    def flunking_kinds(self) -> Iterable[str]:
        """Errors."""
        return self.flunkingIssues

    def kind_of(self, line: str) -> str | None:
        """The word in parentheses."""
        match = self._form.match(line)
        return match["kind"] if match else None

    def words(self) -> Any:
        """``cppcheck sources --enable=kinds --inconclusive options``."""
        command = [self.binary, *self.source]
        if self.enable:
            command.append("--enable=" + ",".join(self.enable))
        return [*command, *["--inconclusive"] * bool(self.inconclusive), *self.extra_args]

    def judge(self, command: Any, total: int) -> int:
        """The program's own result counts first."""
        result: int = command.results()
        if result != SUCCESS:
            return result
        if any(self.found[kind] for kind in self.flunking_kinds()):
            return FAILURE
        return WARNINGS if total else SUCCESS

    def getResultSummary(self) -> Any:
        """What was done, and the kinds that were found."""
        text = " ".join(filter(None, [_summary.joined(self.descriptionDone), self.counts_text()]))
        return self.summary_of(_summary.with_suffix(self, text))
