# SPDX-License-Identifier: MIT
"""Steps for Windows."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg.process.buildstep import BuildStep, ShellMixin
from buildbot_cfg.process.results import EXCEPTION, FAILURE, SUCCESS, WARNINGS

__all__ = ["Robocopy"]


class Robocopy(ShellMixin, BuildStep):
    """Copies files by Windows' robocopy; its exit status is bits, of which some are good.

    Args:
        source: from where.
        destination: where to.
        exclude: the old name of ``exclude_files``.
        exclude_files: a list of files not to copy.
        exclude_dirs: a list of directories not to copy.
        files: a list of files or patterns to copy.
        custom_opts: a list of further options.
        recursive: with subdirectories.
        mirror: also delete what the source has not.
        move: delete the source's files.
        verbose: tell all of it.

    Example:
        >>> Robocopy("build", "D:/builds", recursive=True).name
        'generic'
    """

    renderables: ClassVar[list[str]] = [
        "custom_opts",
        "destination",
        "exclude_dirs",
        "exclude_files",
        "files",
        "source",
    ]
    #: Bits of the exit status by result; the first that fits counts.
    return_flags: ClassVar[dict[int, list[int]]] = {
        FAILURE: [8, 16],
        WARNINGS: [2, 4],
        SUCCESS: [0, 1],
    }

    def __init__(
        self,
        source: Any,
        destination: Any,
        exclude: Any = None,
        exclude_files: Any = None,
        exclude_dirs: Any = None,
        files: Any = None,
        custom_opts: Any = None,
        recursive: Any = False,
        mirror: Any = False,
        move: Any = False,
        verbose: Any = False,
        **kwargs: Any,
    ) -> None:
        self.source, self.destination = source, destination
        self.files = files
        self.recursive, self.mirror, self.move, self.verbose = recursive, mirror, move, verbose
        self.exclude_files = exclude_files or exclude
        self.exclude_dirs, self.custom_opts = exclude_dirs, custom_opts
        super().__init__(**kwargs)

    def words(self) -> list[Any]:
        """The command."""
        command = ["robocopy", self.source, self.destination, *(self.files or [])]
        command += [
            option
            for option, wanted in (
                ("/E", self.recursive),
                ("/MIR", self.mirror),
                ("/MOVE", self.move),
            )
            if wanted
        ]
        for option, names in (("/XF", self.exclude_files), ("/XD", self.exclude_dirs)):
            if names:
                command += [option, *names]
        if self.verbose:
            command += ["/V", "/TS", "/FP"]
        return [*command, *(self.custom_opts or []), "/TEE", "/NP"]

    async def run(self) -> int:
        """Copies."""
        self.command = self.words()
        command = await self.makeRemoteShellCommand()
        await self.runCommand(command)
        if command.interrupted or command.rc is None:
            result: int = command.results()
            return result
        return next(
            (
                result
                for result, flags in self.return_flags.items()
                if any(command.rc == flag or command.rc & flag for flag in flags)
            ),
            EXCEPTION,
        )
