# SPDX-License-Identifier: MIT
"""Of GitPoller: what llvm-zorg's LLVMPoller overrides and calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from buildbot_cfg._tasks import promised
from buildbot_cfg.changes._git import Git


class GitPollerPrivates:
    """``poll`` calls ``_process_changes`` for each branch; its default reports new commits."""

    #: How many commits the newest look has found.
    changeCount = 0
    workdir: str
    encoding: str
    usetimestamps: bool
    _git: Git

    async def _follow(self, branch: str, head: str) -> None:
        raise NotImplementedError

    @promised
    async def _process_changes(self, newRev: str, branch: str) -> None:
        await self._follow(branch, newRev)

    @promised
    async def _dovccmd(
        self,
        command: str,
        args: list[str] | None = None,
        path: str | None = None,
        auth_files_path: str | None = None,
        initial_stdin: str | None = None,
    ) -> str:
        """What git says, without blanks around it.

        Args:
            command: such as "log".
            args: its arguments.
            path: another repository; None or ``self.workdir``: the poller's own.
            auth_files_path: of no use.
            initial_stdin: what git reads.

        Raises:
            GitError: it failed.
        """
        git = self._git
        if path is not None and path != self.workdir:
            git = Git(git.program, Path(path))
        said = await git.run(command, *(args or ()), feed=(initial_stdin or "").encode())
        return said.decode(self.encoding, "replace").strip()

    async def _detail(self, rev: str, fmt: str) -> str:
        said = await self._git.show(rev, fmt)
        return said.decode(self.encoding, "replace").strip()

    @promised
    async def _get_commit_author(self, rev: str) -> str:
        return await self._detail(rev, "%aN <%aE>")

    @promised
    async def _get_commit_committer(self, rev: str) -> str:
        return await self._detail(rev, "%cN <%cE>")

    @promised
    async def _get_commit_comments(self, rev: str) -> str:
        return await self._detail(rev, "%s%n%b")

    @promised
    async def _get_commit_timestamp(self, rev: str) -> int | None:
        return int(await self._detail(rev, "%ct")) if self.usetimestamps else None

    @promised
    async def _get_commit_files(self, rev: str) -> list[str]:
        return await self._git.files(rev, self.encoding)

    @promised
    async def _get_commit_parent_hashes(self, rev: str) -> list[str]:
        return (await self._detail(rev, "%P")).split()


def details_are_stock(poller: Any) -> bool:
    """Whether the poller's class leaves all that a commit says to us."""
    return all(
        getattr(type(poller), name) is method
        for name, method in vars(GitPollerPrivates).items()
        if name.startswith("_get_commit_")
    )
