# SPDX-License-Identifier: MIT
"""Checks out of a CVS repository."""

from __future__ import annotations

import re
import time
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any, ClassVar

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source.base import Source

#: A line of CVS/Entries whose last part is a date: the file stays at it.
_STICKY_DATE = re.compile(r"/[^/]*/[^/]*/[^/]*/[^/]*/D")


class CVS(Source):
    """Checks a module of a CVS repository out.

    Args:
        cvsroot: the repository.
        cvsmodule: what to check out.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean", "fresh" (ignored files, too), "clobber" (deletes all)
            or "copy" (updates the directory "source" and copies it).
        branch: taken when the source stamp has none.
        global_options: words before the command of a checkout.
        extra_options: words added to ``checkout``.
        login: the password of a pserver.
    """

    name = "cvs"
    program = "cvs"
    renderables: ClassVar[list[str]] = ["cvsroot"]
    possible_methods = ("clean", "fresh", "clobber", "copy", None)

    def __init__(
        self,
        cvsroot: Any = None,
        cvsmodule: Any = "",
        mode: Any = "incremental",
        method: Any = None,
        branch: Any = None,
        global_options: Any = None,
        extra_options: Any = None,
        login: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.cvsroot, self.cvsmodule, self.method = cvsroot, cvsmodule, method
        self.branch, self.login = branch, login
        self.global_options, self.extra_options = global_options or [], extra_options or []
        self._require(cvsroot=cvsroot)
        self._check_mode()
        if self.mode == "full":
            self._check_choice("method", self.possible_methods)

    def vc_words(self, command: list[Any]) -> list[Any]:
        """The command; a checkout after the global options."""
        options = self.global_options if "checkout" in command else []
        return ["cvs", *options, *command]

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.branch, self.revision, self.method = branch, revision, self._getMethod()
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        await self._dovccmd(["--version"])
        if self.login:
            words = ["-d", self.cvsroot, "login"]
            await self._dovccmd(words, initialStdin=f"{self.login}\n")
        if await self.sourcedirIsPatched():
            await self.purge(False)
        await awaited(getattr(self, f"mode_{self.mode}")())
        if patch:
            await awaited(self.patch(patch))
        self.parseGotRevision()
        return SUCCESS

    # -- modes and methods -------------------------------------------------------------------

    @promised
    async def mode_incremental(self) -> None:
        """Updates the tree of the last build, or checks out."""
        if await self._sourcedirIsUpdatable():
            await self.doUpdate()
        else:
            await self.clobber()

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        if self.method in ("clobber", "copy"):
            await awaited(getattr(self, self.method)())
        elif not await self._sourcedirIsUpdatable():
            await self.doCheckout(self.workdir)
        else:
            await awaited(getattr(self, self.method)())

    @promised
    async def clobber(self) -> None:
        """Deletes everything and checks out."""

        async def attempt() -> bool:
            await self.runRmdir(self.workdir, timeout=self.timeout)
            return await self._checked_out(self.workdir)

        if not await self.retried(attempt):
            raise BuildStepFailed("cvs checkout failed")

    @promised
    async def fresh(self) -> None:
        """Deletes what is not tracked, and updates."""
        await self.purge(True)
        await self.doUpdate()

    @promised
    async def clean(self) -> None:
        """Deletes what is neither tracked nor ignored, and updates."""
        await self.purge(False)
        await self.doUpdate()

    @promised
    async def copy(self) -> None:
        """Updates the directory "source" and copies it."""
        await self.copied_from_source()

    # -- cvs ---------------------------------------------------------------------------------

    @promised
    async def purge(self, ignore_ignores: bool) -> None:
        """Runs ``cvsdiscard``, which deletes files that are not the repository's."""
        words = ["cvsdiscard"] + (["--ignore"] if ignore_ignores else [])
        await self._shell(words, False, False, None, True)

    @promised
    async def doCheckout(self, dir: str) -> None:
        """Checks out into a directory that is not there."""
        if not await self._checked_out(dir):
            raise BuildStepFailed("cvs checkout failed")

    async def _checked_out(self, folder: str) -> bool:
        words = ["-d", self.cvsroot, "-z3", "checkout", "-d", folder, *self.extra_options]
        if self.branch:
            words += ["-r", self.branch]
        if self.revision:
            words += ["-D", self.revision]
        words.append(self.cvsmodule)
        return bool(await self._dovccmd(words, abandonOnFailure=False, workdir="") == 0)

    @promised
    async def doUpdate(self) -> None:
        """Updates the tree."""
        words = ["-z3", "update", "-dP"]
        if self.branch:
            words += ["-r", self.branch]
        if self.revision:
            words += ["-D", self.revision]
        await self._dovccmd(words)

    async def _sourcedirIsUpdatable(self) -> bool:
        """Whether the tree is of this repository and module, and not bound to a date."""
        wanted = {"Root": self.cvsroot, "Repository": self.cvsmodule, "Entries": None}
        for name, expected in wanted.items():
            text = await self._read(name)
            if text is None:
                return False
            if expected is None:
                return not self._cvsEntriesContainStickyDates(text)
            if text.strip() != expected:
                return False
        return True

    async def _read(self, name: str) -> str | None:
        target, self.workdir = self.workdir, self._path("CVS")
        log, self.rc_log = self.rc_log, None
        try:
            text: str | None = await self.getFileContentFromWorker(name)
        finally:
            self.workdir, self.rc_log = target, log
        return text

    def _cvsEntriesContainStickyDates(self, entries: str) -> bool:
        return any(_STICKY_DATE.match(line) for line in entries.splitlines())

    def parseGotRevision(self) -> None:
        """Sets the property ``got_revision``: the time, there is no number for a whole tree."""
        now = time.strftime("%Y-%m-%d %H:%M:%S +0000", time.gmtime())
        self.updateSourceProperty("got_revision", now)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The middle between the last change and the request, so that all of it is there."""
        if not changes:
            return None
        last = max(change.when for change in changes)
        submitted = self.build.requests[0].submittedAt if self.build.requests else last
        middle = datetime.fromtimestamp((last + submitted) / 2, timezone.utc)
        return format_datetime(middle)
