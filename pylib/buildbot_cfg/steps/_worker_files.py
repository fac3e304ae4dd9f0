# SPDX-License-Identifier: MIT
"""Small steps on the worker's files and environment."""

from __future__ import annotations

import stat
from typing import Any, ClassVar

from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.remotecommand import RemoteCommand
from buildbot_cfg.process.results import FAILURE, SUCCESS


class WorkerBuildStep(BuildStep):
    """Base of steps whose work is a command of the worker."""


class SetPropertiesFromEnv(WorkerBuildStep):
    """Sets properties from the worker's environment; variables that it has not are left out.

    Args:
        variables: their names, which are also the properties'.
        source: shown as where the properties came from.
    """

    name = "SetPropertiesFromEnv"
    description = ["Setting"]
    descriptionDone = ["Set"]

    def __init__(self, variables: Any, source: str = "WorkerEnvironment", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.variables, self.source = variables, source

    async def run(self) -> int:
        """Sets them."""
        environment = self.worker.worker_environ
        upper = self.worker.worker_system in ("nt", "win32")
        names = [self.variables] if isinstance(self.variables, str) else self.variables
        lines = []
        for name in names:
            value = environment.get(name.upper() if upper else name)
            if value:
                self.setProperty(name, value, self.source, runtime=True)
                lines.append(f"{name} = {value!r}")
        await self.addCompleteLog("properties", "\n".join(lines))
        return SUCCESS


class _OneCommand(WorkerBuildStep):
    """Runs one command; a failure has a text of its own."""

    haltOnFailure = True
    flunkOnFailure = True

    async def _done(self, name: str, args: dict[str, Any], failure: list[str]) -> int:
        if not self.workerVersion(name):
            self.checkWorkerHasCommand(name)
        command = RemoteCommand(name, args)
        await self.runCommand(command)
        if command.didFail():
            self.descriptionDone = failure
            return FAILURE
        return command.results()


class FileExists(WorkerBuildStep):
    """Fails unless the worker has the file, and it is a regular one.

    Args:
        file: the path, below the builder's directory.
    """

    name = "FileExists"
    haltOnFailure = True
    flunkOnFailure = True
    renderables: ClassVar[list[str]] = ["file"]

    def __init__(self, file: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file = file

    async def run(self) -> int:
        """Looks."""
        self.checkWorkerHasCommand("stat")
        command = RemoteCommand("stat", {"file": self.file})
        await self.runCommand(command)
        if command.didFail():
            self.descriptionDone = ["File not found."]
            return FAILURE
        if not stat.S_ISREG(command.updates["stat"][-1][stat.ST_MODE]):
            self.descriptionDone = ["Not a file."]
            return FAILURE
        self.descriptionDone = ["File found."]
        return SUCCESS


class CopyDirectory(_OneCommand):
    """Copies a directory on the worker.

    Args:
        src: the directory, below the builder's directory.
        dest: what it is copied to.
        timeout: seconds without output after which it is given up.
        maxTime: seconds after which it is given up.
    """

    name = "CopyDirectory"
    description = ["Copying"]
    descriptionDone = ["Copied"]
    renderables: ClassVar[list[str]] = ["src", "dest"]

    def __init__(
        self,
        src: Any,
        dest: Any,
        timeout: float | None = 120,
        maxTime: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.src, self.dest, self.timeout, self.maxTime = src, dest, timeout, maxTime

    async def run(self) -> int:
        """Copies it."""
        args: dict[str, Any] = {"fromdir": self.src, "todir": self.dest, "timeout": self.timeout}
        if self.maxTime:
            args["maxTime"] = self.maxTime
        failure = ["Copying", self.src, "to", self.dest, "failed."]
        result = await self._done("cpdir", args, failure)
        if result == SUCCESS:
            self.descriptionDone = ["Copied", self.src, "to", self.dest]
        return result


class RemoveDirectory(_OneCommand):
    """Deletes a directory on the worker, with all that is in it.

    Args:
        dir: the directory, below the builder's directory.
    """

    name = "RemoveDirectory"
    description = ["Deleting"]
    descriptionDone = ["Deleted"]
    renderables: ClassVar[list[str]] = ["dir"]

    def __init__(self, dir: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dir = dir

    async def run(self) -> int:
        """Deletes it."""
        return await self._done("rmdir", {"dir": self.dir}, ["Delete failed."])


class MakeDirectory(_OneCommand):
    """Makes a directory on the worker, and those above it.

    Args:
        dir: the directory, below the builder's directory.
    """

    name = "MakeDirectory"
    description = ["Creating"]
    descriptionDone = ["Created"]
    renderables: ClassVar[list[str]] = ["dir"]

    def __init__(self, dir: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dir = dir

    async def run(self) -> int:
        """Makes it."""
        return await self._done("mkdir", {"dir": self.dir}, ["Create failed."])
