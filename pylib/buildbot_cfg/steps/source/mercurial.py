# SPDX-License-Identifier: MIT
"""Checks out of a Mercurial repository."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source.base import Source

_HASH_LENGTH = 40
_PURGE = ["--config", "extensions.purge=", "purge"]


class Mercurial(Source):
    """Checks a revision of a Mercurial repository out.

    Args:
        repourl: the repository; with branchType "dirname" the branch's name is added to it.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean" (keeps ignored files), "fresh" or "clobber".
        defaultBranch: taken when the source stamp has none.
        branchType: "inrepo" (named branches) or "dirname" (a repository for each).
        clobberOnBranchChange: clone again when the last build was of another branch.
    """

    name = "hg"
    program = "hg"
    renderables: ClassVar[list[str]] = ["repourl"]
    possible_methods = (None, "clean", "fresh", "clobber")
    possible_branchTypes = ("inrepo", "dirname")

    def __init__(
        self,
        repourl: Any = None,
        mode: Any = "incremental",
        method: Any = None,
        defaultBranch: Any = None,
        branchType: str = "dirname",
        clobberOnBranchChange: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.method = repourl, method
        self.defaultBranch = self.branch = defaultBranch
        self.branchType, self.clobberOnBranchChange = branchType, clobberOnBranchChange
        self.update_branch: Any = None
        self._require(repourl=repourl)
        self._check_mode()
        self._check_choice("method", self.possible_methods)
        self._check_choice("branchType", self.possible_branchTypes)

    def vc_words(self, command: list[Any]) -> list[Any]:
        """All commands tell what they do."""
        return ["hg", "--verbose", *command]

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.revision, self.method = revision, self._getMethod()
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        await self._dovccmd(["--version"])
        if self.branchType == "dirname":
            self.repourl = self.repourl + (branch or "")
            self.branch = self.defaultBranch
            self.update_branch = branch
        else:
            self.branch = self.update_branch = branch or "default"
        await self.sourcedirIsPatched()
        return await self.make_tree(patch)

    # -- modes and methods -------------------------------------------------------------------

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        if self.method == "clobber":
            await self.clobber()
        elif not await self._sourcedirIsUpdatable():
            await self._clone()
            await self._update()
        else:
            await awaited(getattr(self, self.method)())

    @promised
    async def mode_incremental(self) -> None:
        """Pulls into the tree of the last build, or clones."""
        if await self._sourcedirIsUpdatable():
            await self._dovccmd(self.getHgPullCommand())
        else:
            await self._clone()
        await self._checkBranchChange()

    @promised
    async def clean(self) -> None:
        """Deletes what is neither tracked nor ignored, and pulls."""
        await self._dovccmd(_PURGE)
        await self._pullUpdate()

    @promised
    async def fresh(self) -> None:
        """Deletes what is not tracked, and pulls."""
        await self._dovccmd([*_PURGE, "--all"])
        await self._pullUpdate()

    @promised
    async def clobber(self) -> None:
        """Deletes everything and clones."""
        await self._clobber()
        await self._clone()
        await self._update()

    async def _clobber(self) -> None:
        await self.runRmdir(self.workdir)

    async def _clone(self) -> None:
        await self.cloned(["clone", "--noupdate", self.repourl, "."])

    # -- hg ----------------------------------------------------------------------------------

    def getHgPullCommand(self) -> list[Any]:
        """The words that pull what is to be built."""
        words = ["pull", self.repourl]
        if self.revision:
            return [*words, "--rev", self.revision]
        return [*words, "--rev", self.branch] if self.branchType == "inrepo" else words

    async def _pullUpdate(self) -> None:
        await self._dovccmd(self.getHgPullCommand())
        await self._checkBranchChange()

    async def _checkBranchChange(self) -> None:
        """Updates; in a new clone when the last build was of another branch."""
        if self.update_branch == await self._getCurrentBranch():
            await self._removeAddedFilesAndUpdate()
        elif self.clobberOnBranchChange:
            await self.clobber()
        else:
            await self._removeAddedFilesAndUpdate()

    async def _getCurrentBranch(self) -> Any:
        if self.branchType == "dirname":
            return self.branch
        said = await self._dovccmd(["identify", "--branch"], collectStdout=True)
        return said.strip()

    async def _removeAddedFilesAndUpdate(self) -> None:
        said = await self._dovccmd(
            ["locate", "set:added()"], collectStdout=True, decodeRC={0: SUCCESS, 1: SUCCESS}
        )
        if files := [name for name in said.split("\n") if name]:
            await self.runRmdir([self._path(name) for name in files])
        await self._update()

    async def _update(self) -> None:
        words = ["update", "--clean"]
        if self.revision:
            words += ["--rev", self.revision]
        elif self.branchType == "inrepo":
            words += ["--rev", self.update_branch]
        await self._dovccmd(words)

    async def _sourcedirIsUpdatable(self) -> bool:
        return await self.pathExists(self._path(".hg"))

    @promised
    async def parseGotRevision(self) -> None:
        """Sets the property ``got_revision``."""
        said = await self._dovccmd(["parents", "--template", "{node}\\n"], collectStdout=True)
        revision = said.strip()
        if len(revision) != _HASH_LENGTH:
            raise ValueError("Incorrect revision id")
        self.updateSourceProperty("got_revision", revision)

    @promised
    async def applyPatch(self, patch: tuple[int, bytes, str]) -> None:
        """Applies a patch; hg knows then which files it added."""
        text = patch[1].decode("utf-8", "replace") if isinstance(patch[1], bytes) else patch[1]
        words = ["import", "--no-commit", "-p", str(patch[0]), "-"]
        await self._dovccmd(words, initialStdin=text)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The last change's revision."""
        return changes[-1].revision if changes else None
