# SPDX-License-Identifier: MIT
"""Checks out of a Monotone repository."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.steps.source.base import Source

_HASH_LENGTH = 40


class Monotone(Source):
    """Checks a revision of a Monotone branch out, by way of a database beside the tree.

    Args:
        repourl: the server.
        branch: taken when the source stamp has none.
        progress: show dots while pulling, so that the timeout does not strike.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean" (keeps ignored files), "fresh", "clobber" (deletes all)
            or "copy" (updates the directory "source" and copies it).
    """

    name = "monotone"
    program = "mtn"
    renderables: ClassVar[list[str]] = ["repourl"]
    possible_methods = ("clobber", "copy", "fresh", "clean")

    def __init__(
        self,
        repourl: Any = None,
        branch: Any = None,
        progress: bool = False,
        mode: Any = "incremental",
        method: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.branch, self.method = repourl, branch, method
        self.progress = progress
        self.sourcedata = f"{repourl}?{quote(branch or '', safe='')}"
        self.database = "db.mtn"
        self._require(repourl=repourl, branch=branch)
        self._check_mode()
        self._check_full_method()

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.revision = revision
        self.sourcedata = f"{self.repourl}?{quote(self.branch, safe='')}"
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        if await self._dovccmd(["--version"], abandonOnFailure=False) != 0:
            raise WorkerSetupError("Monotone is not installed on worker")
        await self._checkDb()
        if not await self.retried(self._pulled):
            raise BuildStepFailed("mtn pull failed")
        keeps = self.mode == "incremental" or self.method in ("clean", "fresh")
        if keeps and await self.sourcedirIsPatched():
            await self.clean()
        return await self.make_tree(patch)

    # -- modes and methods -------------------------------------------------------------------

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        if self.method in (None, "copy", "clobber"):
            await awaited(getattr(self, self.method or "copy")())
        elif not await self._sourcedirIsUpdatable():
            await self.clobber()
        else:
            await self.clean(self.method == "clean")
            await self._update()

    @promised
    async def mode_incremental(self) -> None:
        """Updates the tree of the last build, or checks out."""
        if await self._sourcedirIsUpdatable():
            await self._update()
        else:
            await self.clobber()

    @promised
    async def clobber(self) -> None:
        """Deletes everything and checks out."""
        await self.runRmdir(self.workdir)
        await self._checkout()

    @promised
    async def copy(self) -> None:
        """Updates the directory "source" and copies it."""
        await self.copied_from_source()

    @promised
    async def clean(self, ignore_ignored: bool = True) -> None:
        """Deletes what is not tracked; ignored files only if not ``ignore_ignored``."""
        kinds = ["unknown"] if ignore_ignored else ["unknown", "ignored"]
        files: list[str] = []
        for kind in kinds:
            said = await self._dovccmd(["ls", kind], collectStdout=True)
            files += [name for name in said.split("\n") if name]
        if files:
            await self.runRmdir([self._path(name) for name in files])

    # -- mtn ---------------------------------------------------------------------------------

    async def _beside(self, *words: str, collect: bool = False, abandon: bool = True) -> Any:
        """A command in the builder's directory."""
        return await self._dovccmd(
            list(words), workdir=".", collectStdout=collect, abandonOnFailure=abandon
        )

    async def _checkDb(self) -> None:
        """Makes the database, or has it usable."""
        database = ("--db", self.database)
        if not await self.pathExists(self.database):
            await self._beside("db", "init", *database)
            return
        said = await self._beside("db", "info", *database, collect=True)
        if "migration needed" in said:
            await self._beside("db", "migrate", *database)
        elif "too new, cannot use" in said:
            await self.runRmdir(self.database)
            await self._beside("db", "init", *database)
        elif "not a monotone database" in said:
            raise BuildStepFailed(f'"{self.database}" is no monotone database')

    async def _pulled(self) -> bool:
        ticker = "dot" if self.progress else "none"
        words = ["pull", self.sourcedata, "--db", self.database, f"--ticker={ticker}"]
        return bool(await self._beside(*words, abandon=False) == 0)

    async def _checkout(self) -> None:
        words = ["checkout", self.workdir, "--db", self.database]
        if self.revision:
            words += ["--revision", self.revision]
        await self._beside(*words, "--branch", self.branch)

    async def _update(self) -> None:
        revision = self.revision or f"h:{self.branch}"
        await self._dovccmd(["update", "--revision", revision, "--branch", self.branch])

    async def _sourcedirIsUpdatable(self) -> bool:
        return await self.pathExists(self._path("_MTN"))

    @promised
    async def parseGotRevision(self) -> None:
        """Sets the property ``got_revision``."""
        said = await self._dovccmd(["automate", "select", "w:"], collectStdout=True)
        revision = said.strip()
        if len(revision) != _HASH_LENGTH:
            raise BuildStepFailed(f"mtn automate select said {said!r}")
        self.updateSourceProperty("got_revision", revision)
