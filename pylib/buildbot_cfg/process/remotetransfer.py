# SPDX-License-Identifier: MIT
"""The master's ends of file transfers, as arguments of worker commands.

``RemoteCommand("uploadFile", {"writer": FileWriter(path, maxsize, mode), ...})``: the core opens
the file and gives the worker what it needs to write there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

_COMPRESSIONS = {None: "none", "": "none", "gz": "gz", "bz2": "bz2"}


class TransferEnd:
    """What the core is to do with the bytes of a command."""

    def __init__(self, kind: str, **plan: Any) -> None:
        #: As ``StepHandle.run_command`` takes it.
        self.plan: dict[str, Any] = {"kind": kind, **plan}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.plan.get('path', '')}>"


class FileWriter(TransferEnd):
    """An upload becomes a file.

    Args:
        destfile: the file; directories above it are made.
        maxsize: bytes that are taken at most; None: any number.
        mode: permission bits.
    """

    def __init__(self, destfile: Any, maxsize: int | None = None, mode: int | None = None) -> None:
        self.destfile = str(Path(destfile).absolute())
        super().__init__("upload_file", path=self.destfile, max_size=maxsize, mode=mode)


class DirectoryWriter(TransferEnd):
    """An uploaded tar archive becomes a directory.

    Args:
        destroot: the directory.
        maxsize: bytes of the archive that are taken at most; None: any number.
        compress: None, "gz" or "bz2".
        mode: accepted, not used: the archive has modes.
    """

    def __init__(
        self, destroot: Any, maxsize: int | None = None, compress: Any = None, mode: Any = None
    ) -> None:
        self.destroot = str(Path(destroot).absolute())
        compression = _COMPRESSIONS[compress]
        super().__init__(
            "upload_directory", path=self.destroot, max_size=maxsize, compression=compression
        )


class FileReader(TransferEnd):
    """A file of the master is downloaded.

    Args:
        path: the file, or an open one.
    """

    def __init__(self, path: Any) -> None:
        super().__init__("download_file", path=str(Path(getattr(path, "name", path)).absolute()))


class StringFileReader(TransferEnd):
    """A text is downloaded.

    Args:
        s: the text, or bytes.
    """

    def __init__(self, s: str | bytes) -> None:
        super().__init__("download_text", data=s.encode() if isinstance(s, str) else s)


def taken_out(args: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The arguments without the transfer's end, and its plan."""
    for key in ("writer", "reader"):
        if isinstance(end := args.get(key), TransferEnd):
            return {k: v for k, v in args.items() if k != key}, end.plan
    return args, None
