# SPDX-License-Identifier: MIT
"""Arguments and commands of all steps that run a shell command."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg import _tasks
from buildbot_cfg._checks import check_type
from buildbot_cfg._declared import quoted
from buildbot_cfg._errors import ArgumentErrors, report
from buildbot_cfg.process import _summary
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.remotecommand import RemoteShellCommand, is_obfuscated
from buildbot_cfg.process.results import SUCCESS

_NUMBER = (int, float, type(None))
_TYPES: dict[str, tuple[type, ...]] = {
    "want_stdout": (bool,),
    "want_stderr": (bool,),
    "usePTY": (bool, type(None)),
    "lazylogfiles": (bool,),
    "logEnviron": (bool,),
    "timeout": _NUMBER,
    "maxTime": _NUMBER,
    "max_lines": (int, type(None)),
    "sigtermTime": _NUMBER,
    "logfiles": (dict,),
    "env": (dict, type(None)),
    "interruptSignal": (str, type(None)),
    "initialStdin": (str, type(None)),
    "decodeRC": (dict,),
}


class ShellMixin:
    """For steps that run shell commands.

    ``__init__`` calls ``kwargs = self.setupShellMixin(kwargs)`` before
    ``super().__init__(**kwargs)``; ``run`` makes commands by
    ``await self.makeRemoteShellCommand()``.
    """

    __module__ = "buildbot.process._shell_mixin"  # as classes that Declared makes

    command: Any = None
    env: Any = {}
    want_stdout: Any = True
    want_stderr: Any = True
    usePTY: Any = None
    logfiles: Any = {}
    lazylogfiles: Any = False
    timeout: Any = 1200
    maxTime: Any = None
    max_lines: Any = None
    logEnviron: Any = True
    interruptSignal: Any = "KILL"
    sigtermTime: Any = None
    initialStdin: Any = None
    decodeRC: Any = {0: SUCCESS}

    accepted_arguments: ClassVar[tuple[str, ...]] = (
        "command",
        "workdir",
        *_TYPES,
    )
    renderables: ClassVar[list[str]] = list(accepted_arguments)
    _known_arguments: ClassVar[frozenset[str]] = frozenset(accepted_arguments)
    _free_arguments = _known_arguments - {"decodeRC"}  # the core looks at its values

    def setupShellMixin(
        self, constructorArgs: dict[str, Any], prohibitArgs: list[str] | None = None
    ) -> dict[str, Any]:
        """Takes the mixin's arguments; returns those that are left for the step.

        Args:
            constructorArgs: all keyword arguments.
            prohibitArgs: names that are refused.
        """
        left = {}
        known = self._known_arguments
        for key, value in constructorArgs.items():
            if prohibitArgs and key in prohibitArgs:
                label = self._label_among(constructorArgs)
                report(f'argument "{key}" is not allowed', label, kind=ArgumentErrors)
            elif key not in known:
                left[key] = value
            else:
                kinds = _TYPES.get(key)
                if kinds is not None and type(value) not in kinds:
                    label = self._label_among(constructorArgs)
                    check_type(label, key, value, *kinds, renderable=True)
                setattr(self, key, value)
        return left

    def _label_among(self, arguments: dict[str, Any]) -> str:
        name = arguments.get("name", getattr(type(self), "name", ""))
        return f"{quoted('step', name)} ({type(self).__name__})"

    @_tasks.started
    async def makeRemoteShellCommand(
        self,
        collectStdout: bool = False,
        collectStderr: bool = False,
        stdioLogName: str | None = "stdio",
        **overrides: Any,
    ) -> Any:
        """A command made of the step's arguments.

        Args:
            collectStdout: keep the output in the command's ``stdout``.
            collectStderr: the same for ``stderr``.
            stdioLogName: the log of its output, made if needed; None: none.
            overrides: arguments that replace the step's.
        """
        step: Any = self
        given = {key: getattr(self, key) for key in self.accepted_arguments}
        for key in overrides:
            if key not in given:
                raise TypeError(f'makeRemoteShellCommand has no argument "{key}"')
        given.update(overrides)
        given["command"] = self.command = flattened(given["command"])  # the summary names it
        del given["lazylogfiles"]
        logfiles, lazy = self.logfiles or {}, self.lazylogfiles  # overrides have no logs
        log = None if stdioLogName is None else await step._in_build.logs.open(stdioLogName)
        given["env"] = await _environment(step.build, given["env"])
        if given["command"] is None:
            raise TypeError(f"the step {step.name!r} has no command")
        command = RemoteShellCommand(
            collectStdout=collectStdout,
            collectStderr=collectStderr,
            stdioLogName=stdioLogName or "stdio",
            **given,
        )
        if log is not None:
            command.useLog(log, False, stdioLogName)
        for name in logfiles:
            if lazy:
                command.useLogDelayed(name, None, True)
            else:
                command.useLog(await step.addLog(name), True, name)
        return command

    def getResultSummary(self) -> Any:
        """The command, shortened, unless the step has a descriptionDone."""
        step: Any = self
        text = None if step.descriptionDone else _summary.command_text(self.command)
        if text is None:
            return super().getResultSummary()  # type: ignore[misc]
        text = _summary.outcome(step, text)
        return {"step": step.getProperties().cleanupTextFromSecrets(text)}


def flattened(command: Any) -> Any:
    """The command without nested lists; ``("obfuscated", real, shown)`` stays one word."""
    if not isinstance(command, (list, tuple)) or is_obfuscated(command):
        return command
    flat: list[Any] = []
    for word in command:
        if isinstance(word, (list, tuple)) and not is_obfuscated(word):
            flat.extend(flattened(word))
        else:
            flat.append(word)
    return flat


async def _environment(build: Any, own: Any) -> dict[str, Any]:
    inherited = await render(build.env, build.getProperties())
    return {**(inherited or {}), **own}  # of None comes a TypeError: the step fails
