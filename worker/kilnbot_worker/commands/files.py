# SPDX-License-Identifier: MIT
"""Commands on files and directories."""

from __future__ import annotations

import abc
import asyncio
import glob
import os
import shutil
from typing import Any, Dict, List, Optional

from kilnbot_worker.commands.base import Command, CommandError, Context, path_of
from kilnbot_worker.commands.options import ProgramOptions
from kilnbot_worker.commands.program import Program, ProgramStuck
from kilnbot_worker.process import POSIX

TIMEOUT_S = 120


class _FileCommand(Command):
    """One that is a call or two of the system: its error number is its rc."""

    name: str

    async def run(self) -> int:
        try:
            await self.act()
            rc = 0
        except OSError as error:
            where = error.filename if error.filename is not None else ""
            self.output.text("header", f"{self.name}: {error.strerror}: {where}")
            rc = error.errno or 1
        self.output.value("rc", rc)
        return rc

    @abc.abstractmethod
    async def act(self) -> None: ...


class MakeDirectories(_FileCommand):
    """Makes directories, with their parents; those that are there already are fine."""

    required = ("paths",)
    name = "mkdir"

    async def act(self) -> None:
        for path in _paths(self.args["paths"]):
            os.makedirs(path, exist_ok=True)


class Stat(_FileCommand):
    """Sends what the system knows of a path."""

    required = ("path",)
    name = "stat"

    async def act(self) -> None:
        found = os.stat(path_of(self.args["path"]))
        self.output.value("stat", tuple(found)[:10])


class Glob(_FileCommand):
    """Sends the paths that match a pattern; ``**`` matches directories at any depth."""

    required = ("path",)
    name = "glob"

    async def act(self) -> None:
        pattern = path_of(self.args["path"])
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, lambda: glob.glob(pattern, recursive=True))
        self.output.value("files", found)


class ListDirectory(_FileCommand):
    """Sends the names in a directory."""

    required = ("path",)
    name = "listdir"

    async def act(self) -> None:
        self.output.value("files", os.listdir(path_of(self.args["path"])))


class RemoveFile(_FileCommand):
    """Removes one file."""

    required = ("path",)
    name = "rmfile"

    async def act(self) -> None:
        os.remove(path_of(self.args["path"]))


class _DirectoryCommand(Command):
    """One whose work a program does, since it may take long."""

    def __init__(self, args: Dict[str, Any], context: Context) -> None:
        super().__init__(args, context)
        self._program: Optional[Program] = None

    async def run_program(self, words: List[str]) -> int:
        options = ProgramOptions(
            command=words,
            workdir=self.context.basedir,
            timeout=self.args.get("timeout", TIMEOUT_S),
            log_environ=bool(self.args.get("logEnviron", True)),
        )
        self._program = Program(self.context, options)
        rc = await self._program.run()
        if self._program.stuck is not None:
            raise ProgramStuck(self._program.stuck)
        self.output.text("header", self._program.elapsed_text)
        return rc

    def interrupt(self) -> None:
        super().interrupt()
        if self._program is not None:
            self._program.interrupt()


class RemoveDirectories(_DirectoryCommand):
    """Removes directories with all they hold; one that is not there is fine."""

    required = ("paths",)

    async def run(self) -> int:
        rc = 0
        for path in _paths(self.args["paths"]):
            rc = await self.remove(path) or rc
            if self.interrupted:
                break
        self.output.value("rc", rc)
        return rc

    async def remove(self, path: str) -> int:
        if not POSIX:
            return await _in_thread(self, lambda: _remove_tree(path))
        rc = await self.run_program(["rm", "-rf", path])
        if rc and not self.interrupted:
            # What a build made read-only has to be made writable first.
            await self.run_program(["chmod", "-Rf", "u+rwx", path])
            rc = await self.run_program(["rm", "-rf", path])
        return rc


class CopyDirectory(_DirectoryCommand):
    """Copies a directory as it is."""

    required = ("from_path", "to_path")

    async def run(self) -> int:
        source, target = path_of(self.args["from_path"]), path_of(self.args["to_path"])
        if POSIX:
            rc = await self.run_program(["cp", "-R", "-P", "-p", "-v", source, target])
        else:
            rc = await _in_thread(self, lambda: shutil.copytree(source, target, symlinks=True))
        self.output.value("rc", rc)
        return rc


def _paths(value: Any) -> List[str]:
    if isinstance(value, (str, bytes)):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise CommandError(f"{value!r} is not a list of paths")
    return [path_of(item) for item in value]


def _remove_tree(path: str) -> None:
    if os.path.lexists(path):
        shutil.rmtree(path)


async def _in_thread(command: Command, work: Any) -> int:
    try:
        await asyncio.get_running_loop().run_in_executor(None, work)
    except OSError as error:
        command.output.text("stderr", f"{error}\n")
        return error.errno or 1
    return 0
