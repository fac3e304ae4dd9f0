# SPDX-License-Identifier: MIT
"""Several shell commands in one step."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.buildstep import BuildStep, ShellMixin
from buildbot_cfg.process.results import (
    EXCEPTION,
    SUCCESS,
    ResultComputingConfigMixin,
    computeResultAndTermination,
)

__all__ = ["ShellArg", "ShellSequence"]


class ShellArg(ResultComputingConfigMixin):
    """One command of a ShellSequence.

    Args:
        command: a string for the worker's shell, or a list of words.
        logname: the log of its output; None: it has none.
        kwargs: haltOnFailure and the other four flags: how its result counts in the step.

    Example:
        >>> ShellArg(command=["make", "check"], logname="check", haltOnFailure=True).logname
        'check'
    """

    publicAttributes: ClassVar[list[str]] = [
        *ResultComputingConfigMixin.resultConfig,
        "command",
        "logname",
    ]

    def __init__(self, command: Any = None, logname: Any = None, **kwargs: Any) -> None:
        self.command, self.logname = command, logname
        for key, value in kwargs.items():
            if key not in self.resultConfig:
                what = f'unknown argument "{key}"{did_you_mean(key, self.publicAttributes)}'
                report(what, "ShellArg")
                continue
            setattr(self, key, value)
        if command is None:
            report('argument "command" is missing', "ShellArg")
        for key in self.resultConfig:
            check_type("ShellArg", key, getattr(self, key), bool, renderable=True)

    def validateAttributes(self) -> None:
        """Checks what was rendered.

        Raises:
            TypeError: the command is no text and no list of texts, or a flag no bool.
        """
        if not isinstance(self.command, (str, list)):
            raise TypeError(
                f"{self.command!r} is an invalid command, it must be a string or a list"
            )
        if not all(isinstance(word, str) for word in self.command):
            raise TypeError(f"{self.command!r} is an invalid command, it must hold strings only")
        for key in self.resultConfig:
            if not isinstance(getattr(self, key), bool):
                raise TypeError(f"{key} is {getattr(self, key)!r}, it must be True or False")

    async def getRenderingFor(self, props: Any) -> ShellArg:
        """A copy with all values rendered."""
        made = copy.copy(self)
        for key in self.publicAttributes:
            setattr(made, key, await render(getattr(self, key), props))
        return made

    def __repr__(self) -> str:
        return f"ShellArg({self.command!r}, logname={self.logname!r})"


class ShellSequence(ShellMixin, BuildStep):
    """Runs shell commands one by one; each says how its result counts.

    Args:
        commands: ShellArgs.
        kwargs: as for ShellCommand, except ``command``.

    Example:
        >>> step = ShellSequence(commands=[ShellArg("make"), ShellArg("make check")], workdir="src")
        >>> len(step.commands)
        2
    """

    last_command: Any = None
    renderables: ClassVar[list[str]] = ["commands"]

    def __init__(self, commands: Any = None, **kwargs: Any) -> None:
        self.commands = commands
        kwargs = self.setupShellMixin(kwargs, prohibitArgs=["command"])
        super().__init__(**kwargs)

    def shouldRunTheCommand(self, cmd: Any) -> bool:
        """Whether a command is run; empty ones are not."""
        return bool(cmd)

    async def runShellSequence(self, commands: Any) -> int:
        """Runs the commands, and gives the worst of their results."""
        if not isinstance(commands, (list, tuple)):
            return EXCEPTION
        overall: int | None = SUCCESS
        for arg in commands:
            if not _is_usable(arg):
                return EXCEPTION
            if not self.shouldRunTheCommand(arg.command):
                continue
            self.command = self.last_command = arg.command
            command = await self.makeRemoteShellCommand(
                command=arg.command, stdioLogName=arg.logname
            )
            await self.runCommand(command)
            overall, ends = computeResultAndTermination(arg, command.results(), overall)
            if ends:
                break
        return EXCEPTION if overall is None else overall

    async def run(self) -> int:
        """Runs them."""
        return await self.runShellSequence(self.commands)


def _is_usable(arg: Any) -> bool:
    if not isinstance(arg, ShellArg):
        return False
    try:
        arg.validateAttributes()
    except TypeError:
        return False
    return True
