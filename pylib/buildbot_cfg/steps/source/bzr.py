# SPDX-License-Identifier: MIT
"""Checks out of a Bazaar (or Breezy) branch."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.steps.source.base import Source

#: What Buildbot calls clean and fresh.
_CLEANING = {
    "clean": ["clean-tree", "--ignored", "--force"],
    "fresh": ["clean-tree", "--force"],
}


class Bzr(Source):
    """Checks a revision of a Bazaar branch out.

    Args:
        repourl: the branch.
        baseURL: or what stands before the branch's name.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean", "fresh", "clobber" (deletes all) or "copy" (updates
            the directory "source" and copies it).
        defaultBranch: with baseURL: taken when the source stamp has none.
    """

    name = "bzr"
    program = "bzr"
    renderables: ClassVar[list[str]] = ["repourl", "baseURL"]
    possible_methods = ("clean", "fresh", "clobber", "copy", None)

    def __init__(
        self,
        repourl: Any = None,
        baseURL: Any = None,
        mode: Any = "incremental",
        method: Any = None,
        defaultBranch: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.baseURL, self.method = repourl, baseURL, method
        self.defaultBranch = self.branch = defaultBranch
        if (repourl is None) == (baseURL is None):
            report('exactly one of "repourl" and "baseURL" must be given', self.label)
        elif baseURL is not None and defaultBranch is None:
            report('"baseURL" needs "defaultBranch"', self.label)
        self._check_mode()
        if self.mode == "full":
            self._check_choice("method", self.possible_methods)

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.branch = branch or self.defaultBranch
        self.revision, self.method = revision, self._getMethod()
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        if self.repourl is None:
            self.repourl = self.build.path_module.join(self.baseURL, self.branch)
        await self._dovccmd(["--version"])
        if await self.sourcedirIsPatched():
            await self._dovccmd(_CLEANING["clean"])
        return await self.make_tree(patch)

    # -- modes and methods -------------------------------------------------------------------

    @promised
    async def mode_incremental(self) -> None:
        """Updates the tree of the last build, or checks out."""
        if await self._sourcedirIsUpdatable():
            await self._dovccmd(["update", *self._at()])
        else:
            await self._doFull()

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        whole = self.method in ("clobber", "copy")
        if whole or await self._sourcedirIsUpdatable():
            await awaited(getattr(self, self.method)())
        else:
            await self._doFull()

    @promised
    async def clobber(self) -> None:
        """Deletes everything and checks out."""
        await self.runRmdir(self.workdir)
        await self._doFull()

    @promised
    async def copy(self) -> None:
        """Updates the directory "source" and copies it."""
        await self.copied_from_source()

    @promised
    async def clean(self) -> None:
        """Deletes what is not tracked, and updates."""
        await self._dovccmd(_CLEANING["clean"])
        await self._dovccmd(["update", *self._at()])

    @promised
    async def fresh(self) -> None:
        """Deletes what is neither tracked nor ignored, and updates."""
        await self._dovccmd(_CLEANING["fresh"])
        await self._dovccmd(["update", *self._at()])

    async def _doFull(self) -> None:
        await self.cloned(["checkout", self.repourl, ".", *self._at()])

    # -- bzr ---------------------------------------------------------------------------------

    def _at(self) -> list[str]:
        return ["-r", str(self.revision)] if self.revision else []

    async def _sourcedirIsUpdatable(self) -> bool:
        return await self.pathExists(self._path(".bzr"))

    @promised
    async def parseGotRevision(self) -> None:
        """Sets the property ``got_revision``."""
        words = ["version-info", "--custom", "--template='{revno}"]
        said = await self._dovccmd(words, collectStdout=True)
        revision = said.strip("'").strip()
        if not revision.isdecimal():
            raise BuildStepFailed(f"bzr version-info said {said!r}")
        self.updateSourceProperty("got_revision", revision)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The newest change's number."""
        return max((int(change.revision) for change in changes), default=None)
