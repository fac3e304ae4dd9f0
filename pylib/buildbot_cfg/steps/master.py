# SPDX-License-Identifier: MIT
"""Steps that do their work in the master."""

from __future__ import annotations

import os
import pprint
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.results import CANCELLED, FAILURE, SUCCESS
from buildbot_cfg.steps._master_process import MasterProcess, given_environment

__all__ = ["Assert", "LogRenderable", "MasterShellCommand", "SetProperties", "SetProperty"]


class MasterShellCommand(BuildStep):
    """Runs a command on the master's machine, with the master's rights.

    Args:
        command: a string for the shell, or a list of words.
        env: variables beside the master's. ``${NAME}`` in a value stands for the master's
            variable, a list is joined by colons, a variable that is None is as in the master.
        usePTY: run it in a terminal.
        interruptSignal: sent to it and its children when the step is stopped; with or without SIG.
        logEnviron: show the variables in the log.
        runtime_timeout: seconds after which it is ended; None: never.
        workdir: its directory; by default the master's.

    Example:
        >>> MasterShellCommand(command=["rsync", "-a", "public_html/", "www.example.org:"])
        MasterShellCommand(command=['rsync', '-a', 'public_html/', 'www.example.org:'])
    """

    name = "MasterShellCommand"
    description = ["Running"]
    descriptionDone = ["Ran"]
    descriptionSuffix = None
    haltOnFailure = True
    flunkOnFailure = True
    renderables: ClassVar[list[str]] = ["command", "env"]

    def __init__(
        self,
        command: Any,
        env: Any = None,
        usePTY: Any = 0,
        interruptSignal: str = "KILL",
        logEnviron: bool = True,
        runtime_timeout: float | None = 3600,
        **kwargs: Any,
    ) -> None:
        self.command, self.env, self.usePTY = command, env, usePTY
        self.interruptSignal, self.logEnviron = interruptSignal, logEnviron
        self.runtime_timeout = runtime_timeout
        super().__init__(**kwargs)
        label = f"step ({type(self).__name__})"
        if command is not None or self.is_exact_step_class(MasterShellCommand):
            # Subclasses may set it later.
            check_type(label, "command", command, str, list, tuple, renderable=True)
        check_type(label, "env", env, dict, type(None), renderable=True)
        check_type(label, "runtime_timeout", runtime_timeout, int, float, type(None))
        self._process: MasterProcess | None = None

    async def run(self) -> int:
        """Runs it."""
        log: Any = await self.addLog("stdio")
        process = MasterProcess(
            self.command,
            workdir=self._workdir,
            use_pty=bool(self.usePTY),
            timeout=self.runtime_timeout,
        )
        log.addHeader(process.header())
        env = given_environment(self.env)
        if self.logEnviron:
            log.addHeader(f" env: {os.environ if env is None else env!r}\n")
        if env is not None:
            process.env = {**os.environ, **env}
        self._process = process
        end = await process.run(log)
        if self.stopped:
            return CANCELLED
        if end.signal is not None:
            self.descriptionDone = [f"killed ({end.signal})"]
            log.addHeader(f"signal {end.signal}\n")
            return FAILURE
        if end.status != 0:
            self.descriptionDone = [f"failed ({end.status})"]
            log.addHeader(f"exit status {end.status}\n")
            return FAILURE
        return SUCCESS

    def interrupt(self, reason: Any) -> Any:
        """Ends the command."""
        answer = super().interrupt(reason)
        if self._process is not None:
            self._process.kill(self.interruptSignal)
        return answer


class SetProperty(BuildStep):
    """Sets a property of the build.

    Args:
        property: its name.
        value: its value; may be a renderable.

    Example:
        >>> SetProperty(property="channel", value="stable")
        SetProperty(property='channel', value='stable')
    """

    name = "SetProperty"
    description = ["Setting"]
    descriptionDone = ["Set"]
    renderables: ClassVar[list[str]] = ["property", "value"]

    def __init__(self, property: Any, value: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.property, self.value = property, value

    async def run(self) -> int:
        """Sets it."""
        self.setProperty(self.property, self.value, self.name, runtime=True)
        return SUCCESS


class SetProperties(BuildStep):
    """Sets properties of the build.

    Args:
        properties: their values by name; may be or hold renderables.
    """

    name = "SetProperties"
    description = ["Setting Properties.."]
    descriptionDone = ["Properties Set"]
    renderables: ClassVar[list[str]] = ["properties"]

    def __init__(self, properties: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.properties = properties

    async def run(self) -> int:
        """Sets them."""
        if self.properties is None:
            return SUCCESS
        for name, value in self.properties.items():
            self.setProperty(name, value, self.name, runtime=True)
        return SUCCESS


class Assert(BuildStep):
    """Fails unless the value is true.

    Args:
        check: a renderable, like ``util.Property("branch") == "main"``.
    """

    name = "Assert"
    description = ["Checking.."]
    descriptionDone = ["checked"]
    renderables: ClassVar[list[str]] = ["check"]

    def __init__(self, check: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check
        self.descriptionDone = [f"checked {check!r}"]

    async def run(self) -> int:
        """Looks at it."""
        return SUCCESS if self.check else FAILURE


class LogRenderable(BuildStep):
    """Shows a value in the log ``Output``.

    Args:
        content: a renderable, or what holds some.
    """

    name = "LogRenderable"
    description = ["Logging"]
    descriptionDone = ["Logged"]
    renderables: ClassVar[list[str]] = ["content"]

    def __init__(self, content: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.content = content

    async def run(self) -> int:
        """Shows it."""
        await self.addCompleteLog("Output", pprint.pformat(self.content))
        return SUCCESS
