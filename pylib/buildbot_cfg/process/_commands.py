# SPDX-License-Identifier: MIT
"""Small file operations on the worker."""

from __future__ import annotations

from typing import Any

from buildbot_cfg import _tasks
from buildbot_cfg.process._live import BuildStepFailed


class CommandMixin:
    """For steps that look at or change files on the worker."""

    async def _run_remote(
        self, name: str, args: dict[str, Any], abandonOnFailure: bool, log: Any = None
    ) -> Any:
        from buildbot_cfg.process.remotecommand import RemoteCommand

        step: Any = self
        command = RemoteCommand(name, args)
        command.useLog(log or await step._in_build.logs.open("stdio"), False, "stdio")
        await step.runCommand(command)
        if abandonOnFailure and command.didFail():
            raise BuildStepFailed(f'worker command "{name}" failed')
        return command

    @_tasks.started
    async def runRmdir(self, dir: str, log: Any = None, abandonOnFailure: bool = True) -> bool:
        """Deletes a directory; True when that worked."""
        args = {"dir": dir, "logEnviron": getattr(self, "logEnviron", False)}
        command = await self._run_remote("rmdir", args, abandonOnFailure, log)
        return not command.didFail()

    @_tasks.started
    async def pathExists(self, path: str) -> bool:
        """Whether the worker has the file or directory."""
        command = await self._run_remote("stat", {"file": path}, False)
        return not command.didFail()

    @_tasks.started
    async def runMkdir(self, dir: str, log: Any = None, abandonOnFailure: bool = True) -> bool:
        """Makes a directory; True when that worked."""
        command = await self._run_remote("mkdir", {"dir": dir}, abandonOnFailure, log)
        return not command.didFail()

    @_tasks.started
    async def runGlob(self, path: str) -> list[str]:
        """Paths on the worker that match the pattern."""
        command = await self._run_remote("glob", {"path": path}, False)
        return list(command.updates["files"][-1])
