# SPDX-License-Identifier: MIT
"""A step that checks packages of Debian."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg.process.results import FAILURE, SUCCESS, WARNINGS
from buildbot_cfg.steps._tool import ToolStep

__all__ = ["DebLintian"]


class DebLintian(ToolStep):
    """Runs lintian; its errors are a failure.

    Args:
        fileloc: the package or the file of changes.
        suppressTags: a list of tags that it does not tell.

    Example:
        >>> DebLintian(fileloc="../hello_1.0_amd64.changes").name
        'lintian'
    """

    name = "lintian"
    description = "Lintian running"
    descriptionDone = "Lintian"
    fileloc: Any = None
    suppressTags: ClassVar[Any] = []
    flunkOnFailure = False
    warnOnFailure = True
    reads_lines = True
    renderables: ClassVar[list[str]] = ["fileloc", "suppressTags"]

    def __init__(self, fileloc: Any = None, suppressTags: Any = None, **kwargs: Any) -> None:
        if fileloc:
            self.fileloc = fileloc
        if suppressTags:
            self.suppressTags = suppressTags  # type: ignore[misc]
        if not self.fileloc:
            report('argument "fileloc" is missing', "step (DebLintian)")
        self.warnings: list[str] = []
        self.errors: list[str] = []
        super().__init__(**kwargs)

    def words(self) -> Any:
        """``lintian -v fileloc --suppress-tags tag ...``."""
        command = ["lintian", "-v", self.fileloc]
        for tag in self.suppressTags:
            command += ["--suppress-tags", tag]
        return command

    def saw_line(self, stream: str, line: str) -> None:
        """Keeps warnings and errors."""
        if stream == "o" and line.startswith("W: "):
            self.warnings.append(line)
        elif stream == "o" and line.startswith("E: "):
            self.errors.append(line)

    async def conclude(self, command: Any) -> int:
        """Makes their logs."""
        for name, lines in (("Warnings", self.warnings), ("Errors", self.errors)):
            if lines:
                await self.addCompleteLog(f"{len(lines)} {name}", "\n".join(lines))
        if command.didFail() or self.errors:
            return FAILURE
        return WARNINGS if self.warnings else SUCCESS
