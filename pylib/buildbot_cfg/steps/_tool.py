# SPDX-License-Identifier: MIT
"""Bases of the steps that run one program: its command, its lines and its result."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from buildbot_cfg.process import _summary
from buildbot_cfg.process.buildstep import BuildStep, ShellMixin
from buildbot_cfg.process.logobserver import LogLineObserver
from buildbot_cfg.process.results import FAILURE, SUCCESS, WARNINGS

__all__ = ["CountingStep", "ToolStep"]


class _Lines(LogLineObserver):
    """Gives each line of a log to a method of the step."""

    def __init__(self, saw: Any) -> None:
        super().__init__()
        self.outLineReceived = lambda line: saw("o", line)  # type: ignore[method-assign]
        self.errLineReceived = lambda line: saw("e", line)  # type: ignore[method-assign]
        self.headerLineReceived = lambda line: saw("h", line)  # type: ignore[method-assign]


class ToolStep(ShellMixin, BuildStep):
    """Runs one program. Subclasses declare the command, the parser of lines and the result."""

    #: Arguments of shell steps that this step does not take.
    refused: ClassVar[tuple[str, ...]] = ()
    #: Whether ``saw_line`` gets the lines of the output.
    reads_lines: ClassVar[bool] = False

    def __init__(self, **kwargs: Any) -> None:
        kwargs = self.setupShellMixin(kwargs, prohibitArgs=list(self.refused))
        super().__init__(**kwargs)

    def words(self) -> Any:
        """The command; by default the argument ``command``."""
        return self.command

    def saw_line(self, stream: str, line: str) -> None:
        """Looks at a line of the output; ``stream`` is "o", "e" or "h" (header)."""

    async def conclude(self, command: Any) -> int:
        """The step's result when the command has ended and all its lines were seen."""
        result: int = command.results()
        return result

    async def run(self) -> int:
        """Runs the program."""
        return await self.run_tool()

    async def run_tool(self, **overrides: Any) -> int:
        """Runs the program; ``overrides`` are arguments of ``makeRemoteShellCommand``."""
        if self.reads_lines:
            self.addLogObserver("stdio", _Lines(self.saw_line))
        self.command = self.words()
        command = await self.makeRemoteShellCommand(**overrides)
        await self.runCommand(command)
        await self.getLog("stdio").finish()
        return await self.conclude(command)

    def summary_of(self, text: str) -> dict[str, str]:
        """A result summary: the text, and how the step ended unless it is success."""
        return {"step": _summary.outcome(self, text)}


class CountingStep(ToolStep):
    """Runs a program whose output is issues of several kinds.

    Each kind that was found gets a log; each kind and the total get a property.
    """

    reads_lines = True
    #: Names of the kinds, in the order in which they are told.
    kinds: ClassVar[tuple[str, ...]] = ()
    #: Properties are named ``prefix-kind``, with this source.
    prefix: ClassVar[str] = ""
    property_source: ClassVar[str] = ""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.found: dict[str, list[str]] = {kind: [] for kind in self.kinds}

    def kind_of(self, line: str) -> str | None:
        """The kind of issue that a line tells; None: none."""
        raise NotImplementedError

    def flunking_kinds(self) -> Iterable[str]:
        """Kinds of issues that are a failure."""
        return ()

    def saw_line(self, stream: str, line: str) -> None:
        """Keeps the lines that are issues."""
        if stream != "h" and (kind := self.kind_of(line)) is not None:
            self.found[kind].append(line)

    def counts_text(self) -> str:
        """The kinds that were found, as ``kind=number``."""
        return " ".join(f"{kind}={len(lines)}" for kind, lines in self.found.items() if lines)

    async def conclude(self, command: Any) -> int:
        """Tells what was found."""
        for kind, lines in self.found.items():
            if lines:
                await self.addCompleteLog(kind, "\n".join(lines))
            self.setProperty(f"{self.prefix}-{kind}", len(lines), self.property_source)
        total = sum(len(lines) for lines in self.found.values())
        self.setProperty(f"{self.prefix}-total", total, self.property_source)
        return self.judge(command, total)

    def judge(self, command: Any, total: int) -> int:
        """The result: FAILURE for flunking kinds, WARNINGS for others."""
        if command.didFail() or any(self.found[kind] for kind in self.flunking_kinds()):
            return FAILURE
        return WARNINGS if total else SUCCESS

    def getResultSummary(self) -> Any:
        """What was done, and the kinds that were found."""
        text = " ".join(filter(None, [_summary.joined(self.descriptionDone), self.counts_text()]))
        return self.summary_of(text)
