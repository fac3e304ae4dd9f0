# SPDX-License-Identifier: MIT
"""Checks out of a Darcs repository."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.steps.source.base import Source

_CONTEXT = ".darcs-context"


class Darcs(Source):
    """Gets a Darcs repository; a revision is the text of a context file.

    Args:
        repourl: the repository.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clobber" (deletes all) or "copy" (updates the directory
            "source" and copies it).
    """

    name = "darcs"
    program = "darcs"
    renderables: ClassVar[list[str]] = ["repourl"]
    possible_methods = ("clobber", "copy")

    def __init__(
        self, repourl: Any = None, mode: Any = "incremental", method: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.method = repourl, method
        self._require(repourl=repourl)
        self._check_mode()
        self._check_full_method()

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.revision = revision
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        if await self._dovccmd(["--version"], abandonOnFailure=False) != 0:
            raise WorkerSetupError("Darcs is not installed on worker")
        if await self.sourcedirIsPatched():
            await self.copy()
        return await self.make_tree(patch)

    # -- modes and methods -------------------------------------------------------------------

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        await awaited(getattr(self, self.method or "copy")())

    @promised
    async def mode_incremental(self) -> None:
        """Pulls into the tree of the last build, or gets everything."""
        if await self.pathExists(self._path("_darcs")):
            await self._dovccmd(["pull", "--all", "--verbose"])
        else:
            await self._checkout()

    @promised
    async def copy(self) -> None:
        """Updates the directory "source" and copies it."""
        await self.copied_from_source()

    @promised
    async def clobber(self) -> None:
        """Deletes everything and gets it again."""
        await self._checkout()

    async def _checkout(self) -> None:
        async def attempt() -> bool:
            # The directory of a command is there; darcs makes none that is there.
            await self.runRmdir(self.workdir)
            return await self._clone()

        if not await self.retried(attempt):
            raise BuildStepFailed("darcs get failed")

    async def _clone(self) -> bool:
        words = ["get", "--verbose", "--lazy", "--repo-name", self.workdir]
        if self.revision:
            # Beside the tree, which must not be there yet.
            await self.downloadFileContentToWorker(_CONTEXT, self.revision, workdir=".")
            words += ["--context", _CONTEXT]
        words.append(self.repourl)
        return bool(await self._dovccmd(words, abandonOnFailure=False, workdir=".") == 0)

    @promised
    async def parseGotRevision(self) -> None:
        """Sets the property ``got_revision``: what darcs tells of the newest patch."""
        said = await self._dovccmd(["changes", "--max-count=1"], collectStdout=True)
        self.updateSourceProperty("got_revision", said)
