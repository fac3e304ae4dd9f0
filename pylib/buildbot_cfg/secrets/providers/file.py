# SPDX-License-Identifier: MIT
"""Secrets in files of the master."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.secrets.providers.base import SecretProviderBase


class SecretInAFile(SecretProviderBase):
    """Each file of a directory is a secret; they are read when the configuration is.

    Nobody but the master's user may have access to the files (``chmod 600``).

    Args:
        dirname: the directory.
        suffixes: ends of the names of files that hold secrets, which do not belong to the secrets'
            names; by default all files do.
        strip: leave out line ends at the end of a file.

    Example:
        >>> SecretInAFile(dirname="/etc")  # doctest: +SKIP
    """

    name = "SecretInAFile"

    def checkConfig(self, dirname: Any, suffixes: Any = None, strip: bool = True) -> None:
        """Reports files that others may read."""
        if not isinstance(dirname, (str, os.PathLike)) or not Path(dirname).is_dir():
            report(f"the directory {shown(dirname)} does not exist", self.label)
            return
        if suffixes is not None and not isinstance(suffixes, (list, tuple)):
            report(f'"suffixes" must be a list of strings, not {shown(suffixes)}', self.label)
            return
        for path, _ in _files(dirname, suffixes):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                what = f"others have access to the secret file {path} (mode {mode:04o}): chmod 600"
                report(what, self.label)

    def reconfigService(self, dirname: Any, suffixes: Any = None, strip: bool = True) -> None:
        """Reads all of them."""
        self._secrets: dict[str, str] = {}
        for path, name in _files(dirname, suffixes):
            text = path.read_text(encoding="utf-8")
            self._secrets[name] = text.rstrip("\r\n") if strip else text

    def get(self, entry: str) -> str | None:
        """The text of the file."""
        return self._secrets.get(entry)


def _files(dirname: Any, suffixes: Any) -> Iterator[tuple[Path, str]]:
    """Paths of the files and names of their secrets; the name with an earlier suffix wins."""
    found: dict[str, Path] = {}
    for suffix in suffixes or [""]:
        for path in sorted(Path(dirname).iterdir()):
            if path.name.endswith(suffix) and path.is_file():
                found.setdefault(path.name[: len(path.name) - len(suffix)], path)
    for name, path in found.items():
        yield path, name
