# SPDX-License-Identifier: MIT
"""The commands of git that a checkout is made of."""

from __future__ import annotations

import asyncio
from typing import Any

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.steps.source._describe import describe_arguments
from buildbot_cfg.steps.source.base import Source
from buildbot_cfg.util._git_step import GitStepMixin

_HASH_LENGTHS = (40, 64)


class GitCommands(GitStepMixin, Source):  # type: ignore[misc]  # _dovccmd: own order
    """Fetches, clones and looks; for the Git step, which decides."""

    reference: Any
    origin: Any
    submodules: bool
    remoteSubmodules: bool
    tags: bool
    shallow: Any
    filters: Any
    prog: bool
    retryFetch: bool
    clobberOnFailure: bool
    getDescription: Any

    def clobber(self) -> Any:
        """Deletes everything and clones."""
        raise NotImplementedError

    async def _sourcedirIsUpdatable(self) -> str:
        """``update``, ``clone`` (there is nothing yet) or ``clobber`` (something else)."""
        files = await self.runRemoteCommand(
            "listdir",
            {"dir": self.workdir, "logEnviron": self.logEnviron, "timeout": self.timeout},
            abandonOnFailure=False,
            evaluateCommand=lambda command: command.updates.get("files"),
        )
        if not files or not files[-1]:
            return "clone"
        return "update" if ".git" in files[-1] else "clobber"

    async def _doClobber(self) -> None:
        """Deletes the tree, also when nobody may write to its directories."""
        if await self.runRmdir(self.workdir, timeout=self.timeout, abandonOnFailure=False):
            raise BuildStepFailed("the tree could not be deleted")

    def _history(self, shallow: Any) -> list[str]:
        return ["--depth", str(int(shallow))] if shallow else []

    # -- fetching ----------------------------------------------------------------------------

    @promised
    async def _fetch(self, shallowClone: Any, abandonOnFailure: bool = True) -> Any:
        code = 0
        if not self.revision or self.tags or await self._lacks(self.revision):
            code = await self._dovccmd(self._fetch_words(shallowClone), abandonOnFailure)
        if code == 0:
            target = self.revision or "FETCH_HEAD"
            code = await self._dovccmd(["checkout", "-f", target], abandonOnFailure)
        if code == 0 and self.branch != "HEAD":
            # Only a name for the head: its failure does not matter.
            await self._dovccmd(["checkout", "-B", self.branch], abandonOnFailure=False)
        return code

    async def _lacks(self, revision: str) -> bool:
        code = await self._dovccmd(["cat-file", "-e", revision], abandonOnFailure=False)
        return bool(code != 0)

    def _fetch_words(self, shallow: Any) -> list[str]:
        words = ["fetch", "-f", *self._history(shallow)]
        if self.tags:
            words.append("--tags")
        if self.prog and self.supportsProgress:
            words.append("--progress")
        return [*words, self.repourl, self.branch]

    @promised
    async def _fetchOrFallback(self, _: Any = None) -> None:
        """Fetches; again, or from nothing, when that fails and the options say so."""
        abandon = not self.retryFetch and not self.clobberOnFailure
        if await self._fetch(self.shallow, abandonOnFailure=abandon) == 0:
            return
        if self.retryFetch:
            await self._fetch(self.shallow)
        else:
            await awaited(self.clobber())

    # -- cloning -----------------------------------------------------------------------------

    def _clone_words(self, shallow: Any) -> list[str]:
        words = ["clone"]
        if self.branch.startswith("refs/"):
            words.append("--no-checkout")  # only branches and tags can be cloned by name
        elif self.branch != "HEAD" and self.supportsBranch:
            words += ["--branch", self.branch]
        words += self._history(shallow)
        for option, value in (("--reference", self.reference), ("--origin", self.origin)):
            if value:
                words += [option, str(value)]
        if self.supportsFilters:
            words += [word for name in self.filters or () for word in ("--filter", str(name))]
        words += [self.repourl, "."]
        return [*words, "--progress"] if self.prog and self.supportsProgress else words

    @promised
    async def _fullClone(self, shallowClone: Any = False) -> int:
        """Clones, as often as ``retry`` says; gives the code of the command that failed."""
        words = self._clone_words(shallowClone)
        delay, repeats = self.retry or (0, 0)
        while (code := await self._dovccmd(words, abandonOnFailure=False)) != 0:
            if repeats <= 0 or self.stopped:
                return int(code)
            repeats -= 1
            self.retry = (delay, repeats)
            await asyncio.sleep(delay)
            await self._doClobber()
        if self.branch != "HEAD" and "--branch" not in words:
            code = await self._fetch(shallowClone, abandonOnFailure=False)
        if code == 0 and self.revision:
            code = await self._dovccmd(["checkout", "-f", self.revision], abandonOnFailure=False)
        if code == 0:
            code = await self._updateSubmodule(new=True)
        return int(code)

    @promised
    async def _fullCloneOrFallback(self, shallowClone: Any) -> None:
        """Clones; deletes everything and clones again when that fails and the options say so."""
        if await self._fullClone(shallowClone) == 0:
            return
        if not self.clobberOnFailure:
            raise BuildStepFailed("git clone failed")
        await awaited(self.clobber())

    # -- submodules --------------------------------------------------------------------------

    @promised
    async def _syncSubmodule(self, _: Any = None) -> None:
        if self.submodules:
            await self._dovccmd(["submodule", "sync"])

    @promised
    async def _updateSubmodule(self, _: Any = None, new: bool = False) -> int:
        if not self.submodules:
            return 0
        words = ["submodule", "update", "--init", "--recursive"]
        if not new and self.supportsSubmoduleForce:
            words.append("--force")
        if not new and self.supportsSubmoduleCheckout:
            words.append("--checkout")
        if self.remoteSubmodules:
            words.append("--remote")
        if new:
            words += self._history(self.shallow)
        return int(await self._dovccmd(words, abandonOnFailure=not new))

    @promised
    async def _cleanSubmodule(self, _: Any = None) -> None:
        if not self.submodules:
            return
        clean = "git clean -f -f -d"
        if self.mode == "full" and self.method == "fresh":
            clean += " -x"
        await self._dovccmd(["submodule", "foreach", "--recursive", clean])

    # -- looking -----------------------------------------------------------------------------

    @promised
    async def parseGotRevision(self, _: Any = None) -> None:
        """Sets the property ``got_revision``."""
        said = await self._dovccmd(["rev-parse", "HEAD"], collectStdout=True)
        revision = said.strip()
        if len(revision) not in _HASH_LENGTHS:
            raise BuildStepFailed(f"git rev-parse said {revision!r}")
        self.updateSourceProperty("got_revision", revision)

    @promised
    async def parseCommitDescription(self, _: Any = None) -> None:
        """Sets the property ``commit-description`` if wanted and there is one."""
        if self.getDescription is False:
            return
        options = self.getDescription if isinstance(self.getDescription, dict) else {}
        words = ["describe", *describe_arguments(options)]
        if not options.get("dirty"):
            words.append("HEAD")
        said = await self._dovccmd(words, collectStdout=True, abandonOnFailure=False)
        if description := said.strip():
            self.updateSourceProperty("commit-description", description)

    @promised
    async def applyPatch(self, patch: tuple[int, bytes, str]) -> None:
        """Applies a patch to the tree and the index."""
        await self._dovccmd(["update-index", "--refresh"])
        text = patch[1].decode("utf-8", "replace") if isinstance(patch[1], bytes) else patch[1]
        words = ["apply", "--index", "-p", str(patch[0])]
        await self._dovccmd(words, initialStdin=text)
