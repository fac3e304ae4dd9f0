# SPDX-License-Identifier: MIT
"""The commands that a master gives."""

from __future__ import annotations

from typing import Dict, Type

from kilnbot_worker.commands import files, shell, transfer
from kilnbot_worker.commands.base import Command, CommandError

COMMANDS: Dict[str, Type[Command]] = {
    "shell": shell.Shell,
    "mkdir": files.MakeDirectories,
    "rmdir": files.RemoveDirectories,
    "cpdir": files.CopyDirectory,
    "stat": files.Stat,
    "glob": files.Glob,
    "listdir": files.ListDirectory,
    "rmfile": files.RemoveFile,
    "upload_file": transfer.UploadFile,
    "upload_directory": transfer.UploadDirectory,
    "download_file": transfer.DownloadFile,
}


def find(name: str) -> Type[Command]:
    """The command of this name. Raises CommandError."""
    try:
        return COMMANDS[name]
    except KeyError:
        raise CommandError(f"unrecognized WorkerCommand {name!r}") from None
