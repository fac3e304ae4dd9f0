# SPDX-License-Identifier: MIT
"""What a branch changes, kept as data of the build; needs the package ``unidiff``."""

from __future__ import annotations

import importlib
import importlib.util
import json
from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.process.buildstep import BuildStep, ShellMixin
from buildbot_cfg.process.results import SUCCESS

__all__ = ["GitDiffInfo"]


class GitDiffInfo(ShellMixin, BuildStep):
    """Compares HEAD with where it left another branch; the changed files and places become data.

    The data is JSON: a list of files, each with ``source_file``, ``target_file``, ``is_binary``,
    ``is_rename`` and ``hunks``; a hunk has start and length in the source (``ss``, ``sl``) and in
    the target (``ts``, ``tl``).

    Args:
        compareToRef: what HEAD is compared with; not rendered.
        dataName: name of the data of the build; not rendered.
        kwargs: arguments of all steps, and those of shell commands except ``command``.
    """

    name = "GitDiffInfo"
    description = "running GitDiffInfo"
    descriptionDone = "GitDiffInfo"

    def __init__(
        self, compareToRef: str = "master", dataName: str = "diffinfo-master", **kwargs: Any
    ) -> None:
        kwargs = self.setupShellMixin(kwargs, prohibitArgs=["command"])
        super().__init__(**kwargs)
        self._compare_to, self._data_name = compareToRef, dataName
        if importlib.util.find_spec("unidiff") is None:
            report("the Python package unidiff is missing: pip install unidiff", "GitDiffInfo")

    async def run(self) -> int:
        """Asks git for the difference and keeps what it says."""
        base = await self._git("merge-base", "HEAD", self._compare_to)
        if base.results() != SUCCESS:
            return int(base.results())
        commit = base.stdout.strip()
        self.setProperty("diffinfo-merge-base-commit", commit, "GitDiffInfo")
        words = ("diff", "--no-prefix", "-U0", commit, "HEAD")
        difference = await self._git(*words)
        if difference.results() != SUCCESS:
            return int(difference.results())
        value = json.dumps(changed_files(difference.stdout)).encode()
        await self.setBuildData(self._data_name, value, "GitDiffInfo")
        return SUCCESS

    async def _git(self, verb: str, *words: Any) -> Any:
        command = await self.makeRemoteShellCommand(
            command=["git", verb, *words], stdioLogName=f"stdio-{verb}", collectStdout=True
        )
        await self.runCommand(command)
        return command


def changed_files(text: str) -> list[dict[str, Any]]:
    """The files of a unified diff, as GitDiffInfo keeps them."""
    unidiff: Any = importlib.import_module("unidiff")
    return [
        {
            "source_file": file.source_file,
            "target_file": file.target_file,
            "is_binary": file.is_binary_file,
            "is_rename": file.is_rename,
            "hunks": [
                {
                    "ss": hunk.source_start,
                    "sl": hunk.source_length,
                    "ts": hunk.target_start,
                    "tl": hunk.target_length,
                }
                for hunk in file
            ],
        }
        for file in unidiff.PatchSet(text)
    ]
