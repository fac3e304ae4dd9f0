# SPDX-License-Identifier: MIT
"""File operations on the worker for steps that do several things."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from buildbot_cfg import _tasks
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process.remotecommand import RemoteCommand
from buildbot_cfg.process.remotetransfer import FileWriter, StringFileReader
from buildbot_cfg.steps._worker_files import (
    CopyDirectory,
    FileExists,
    MakeDirectory,
    RemoveDirectory,
    SetPropertiesFromEnv,
    WorkerBuildStep,
)

__all__ = [
    "CompositeStepMixin",
    "CopyDirectory",
    "FileExists",
    "MakeDirectory",
    "RemoveDirectory",
    "SetPropertiesFromEnv",
    "WorkerBuildStep",
]


_BLOCK = 32 * 1024


class CompositeStepMixin:
    """For steps that look at or change files on the worker; their output goes into one log."""

    __module__ = "buildbot.steps.worker"  # as classes that Declared makes
    rc_log: Any = None
    workdir: Any

    @_tasks.started
    async def addLogForRemoteCommands(self, logname: str) -> Any:
        """Makes the log of all commands."""
        step: Any = self
        self.rc_log = await step.addLog(logname)
        return self.rc_log

    @_tasks.started
    async def runRemoteCommand(
        self,
        cmd: str,
        args: dict[str, Any],
        abandonOnFailure: bool = True,
        evaluateCommand: Callable[[RemoteCommand], Any] = RemoteCommand.didFail,
    ) -> Any:
        """Runs a worker's command; gives what ``evaluateCommand`` says of it."""
        step: Any = self
        command = RemoteCommand(cmd, args)
        if self.rc_log is not None:
            command.useLog(self.rc_log, False)
        await step.runCommand(command)
        if command.didFail() and abandonOnFailure:
            raise BuildStepFailed(f'worker command "{cmd}" failed')
        return evaluateCommand(command)

    @_tasks.started
    async def runRmdir(
        self, dir: str | list[str], timeout: float | None = None, **kwargs: Any
    ) -> Any:
        """Deletes a directory; true when that failed."""
        args = {"dir": dir, "logEnviron": getattr(self, "logEnviron", True)}
        if timeout:
            args["timeout"] = timeout
        return await self.runRemoteCommand("rmdir", args, **kwargs)

    @_tasks.started
    async def runRmFile(self, path: str, timeout: float | None = None, **kwargs: Any) -> Any:
        """Deletes a file; true when that failed."""
        args = {"path": path, "logEnviron": getattr(self, "logEnviron", True)}
        if timeout:
            args["timeout"] = timeout
        step: Any = self
        if step.workerVersionIsOlderThan("rmfile", "3.1"):
            args["path"] = step.build.path_module.abspath(path)
        return await self.runRemoteCommand("rmfile", args, **kwargs)

    @_tasks.started
    async def pathExists(self, path: str) -> bool:
        """Whether the worker has the file or directory."""
        return not await self.runRemoteCommand("stat", {"file": path}, abandonOnFailure=False)

    @_tasks.started
    async def runMkdir(self, _dir: str, **kwargs: Any) -> Any:
        """Makes a directory; true when that failed."""
        args = {"dir": _dir, "logEnviron": getattr(self, "logEnviron", True)}
        return await self.runRemoteCommand("mkdir", args, **kwargs)

    @_tasks.started
    async def runGlob(self, path: str, **kwargs: Any) -> Any:
        """Paths on the worker that match the pattern."""
        return await self.runRemoteCommand(
            "glob", {"path": path}, evaluateCommand=lambda c: c.updates["files"][-1], **kwargs
        )

    @_tasks.started
    async def getFileContentFromWorker(
        self, filename: str, abandonOnFailure: bool = False
    ) -> str | None:
        """A text file of the worker; None when it cannot be read."""
        with tempfile.TemporaryDirectory(prefix="kilnbot-") as folder:
            target = Path(folder, "file")
            failed = await self.runRemoteCommand(
                "uploadFile",
                {
                    "workersrc": filename,
                    "workdir": self.workdir,
                    "writer": FileWriter(target),
                    "maxsize": None,
                    "blocksize": _BLOCK,
                },
                abandonOnFailure=abandonOnFailure,
            )
            if failed:
                return None
            data = await asyncio.to_thread(target.read_bytes)
        return data.decode("utf-8", "replace")

    @_tasks.started
    async def downloadFileContentToWorker(
        self,
        workerdest: str,
        strfile: str | bytes,
        abandonOnFailure: bool = False,
        mode: int | None = None,
        workdir: str | None = None,
    ) -> Any:
        """Writes a file on the worker; true when that failed."""
        args = {
            "workerdest": workerdest,
            "workdir": self.workdir if workdir is None else workdir,
            "reader": StringFileReader(strfile),
            "maxsize": None,
            "blocksize": _BLOCK,
            "mode": mode,
        }
        return await self.runRemoteCommand("downloadFile", args, abandonOnFailure=abandonOnFailure)
