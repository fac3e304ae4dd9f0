# SPDX-License-Identifier: MIT
"""Command lines of programs for version control, in a step's tree and log."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process.remotecommand import RemoteCommand, RemoteShellCommand
from buildbot_cfg.steps.worker import CompositeStepMixin


class CommandLines(CompositeStepMixin):
    """For steps with ``env``, ``timeout``, ``logEnviron`` and ``stdio_log``."""

    env: Any
    timeout: Any
    logEnviron: Any
    stdio_log: Any
    build: Any

    async def _shell(
        self,
        words: list[Any],
        collect: bool,
        collect_errors: bool,
        stdin: str | None,
        abandon: bool,
        workdir: str | None = None,
        decode: dict[int, int] | None = None,
        env: dict[str, Any] | None = None,
        **options: Any,
    ) -> RemoteCommand:
        """Runs a command in the tree; its output goes into the step's log.

        Raises:
            BuildStepFailed: it failed, and ``abandon``.
        """
        command = RemoteShellCommand(
            self.workdir if workdir is None else workdir,
            words,
            env=self.env if env is None else env,
            timeout=options.get("timeout", self.timeout),
            logEnviron=options.get("logEnviron", self.logEnviron),
            collectStdout=collect,
            collectStderr=collect_errors,
            initialStdin=stdin,
            decodeRC=decode,
            sigtermTime=options.get("sigtermTime"),
        )
        command.useLog(self.stdio_log, False, "stdio")
        step: Any = self
        await step.runCommand(command)
        if step.stopped:
            raise BuildStepFailed("the step was stopped")
        if abandon and command.rc != 0 and command.didFail():
            raise BuildStepFailed(f"{' '.join(str(word) for word in words[:2])} failed")
        return command

    async def copied(self, origin: str, target: str, **options: Any) -> None:
        """Copies a tree on the worker; the step's timeout counts unless another is given."""
        args = {
            "fromdir": origin,
            "todir": target,
            "logEnviron": self.logEnviron,
            **(options or {"timeout": self.timeout}),
        }
        await self.runRemoteCommand("cpdir", args)

    def _path(self, *parts: str) -> str:
        path: str = self.build.path_module.join(self.workdir, *parts)
        return path
