# SPDX-License-Identifier: MIT
"""Checks out of a git repository."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._errors import ArgumentErrors, report, warn
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source._describe import describe_arguments
from buildbot_cfg.steps.source.base import Source

_MODES = ("incremental", "full")
_METHODS = ("clean", "fresh", "clobber", "copy")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
#: A ref or revision that git can only take as such: no option, no refspec, no white space.
_SAFE_REF = re.compile(r"[^-+\s:][^\s:\x00-\x1f\x7f]*\Z")
#: Arguments that are accepted, but do nothing yet.
_LATER = ("sshPrivateKey", "sshHostKey", "sshKnownHosts", "auth_credentials", "git_credentials")


class Git(Source):
    """Checks a revision of a git repository out.

    Args:
        repourl: the repository; may be a renderable.
        branch: taken when the source stamp has none.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean" (keeps ignored files), "fresh", "clobber" (deletes
            all) or "copy" (updates the directory "source" and copies it).
        submodules: check submodules out.
        remoteSubmodules: at the tip of their branches.
        shallow: True or a number of commits of history to fetch; needs "clobber".
        tags: fetch all tags.
        reference: a local repository to borrow objects from.
        filters: for partial clones.
        progress: show it in the log.
        retryFetch: fetch until it works.
        clobberOnFailure: delete everything and clone when an update fails.
        getDescription: True or a dict of ``git describe`` options; sets ``commit-description``.
        config: git settings for all commands, a dict.
        origin: name of the remote in clones.

    Example:
        >>> Git(repourl="https://example.org/project.git", mode="full", method="fresh").name
        'git'
    """

    name = "git"
    renderables: ClassVar[list[str]] = [
        "repourl", "reference", "branch", "codebase", "mode", "method", "origin",
    ]  # fmt: skip

    def __init__(
        self,
        repourl: Any = None,
        port: int = 22,
        branch: Any = "HEAD",
        mode: Any = "incremental",
        method: Any = None,
        reference: Any = None,
        submodules: bool = False,
        remoteSubmodules: bool = False,
        tags: bool = False,
        shallow: bool | int = False,
        filters: list[str] | None = None,
        progress: bool = True,
        retryFetch: bool = False,
        clobberOnFailure: bool = False,
        getDescription: bool | dict[str, Any] = False,
        config: dict[str, Any] | None = None,
        origin: Any = None,
        sshPrivateKey: Any = None,
        sshHostKey: Any = None,
        sshKnownHosts: Any = None,
        auth_credentials: Any = None,
        git_credentials: Any = None,
        **kwargs: Any,
    ) -> None:
        given = locals()
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.port, self.branch, self.method = repourl, port, branch, method
        self.reference, self.origin, self.config = reference, origin, config
        self.submodules, self.remoteSubmodules = submodules, remoteSubmodules
        self.tags, self.shallow, self.filters = tags, shallow, filters
        self.progress, self.retryFetch = progress, retryFetch
        self.clobberOnFailure, self.getDescription = clobberOnFailure, getDescription
        self.srcdir = "source"
        self.revision: str | None = None
        self._check(given)

    def _check(self, given: dict[str, Any]) -> None:
        label = self.label
        if not self.repourl:
            report('argument "repourl" is missing', label, kind=ArgumentErrors)
        else:
            check_type(label, "repourl", self.repourl, str, renderable=True)
        if not is_renderable(self.mode) and self.mode not in _MODES:
            report(f'"mode" must be "incremental" or "full", not {shown(self.mode)}', label)
        if (
            self.method is not None
            and not is_renderable(self.method)
            and self.method not in _METHODS
        ):
            report(
                f'"method" must be one of {", ".join(_METHODS)}, not {shown(self.method)}', label
            )
        keeps = (
            self.method is not None and not is_renderable(self.method) and self.method != "clobber"
        )
        if self.shallow and self.mode == "full" and keeps:
            report('"shallow" with mode "full" needs the method "clobber"', label)
        check_type(label, "branch", self.branch, str, type(None), renderable=True)
        check_type(label, "getDescription", self.getDescription, bool, dict)
        check_type(label, "config", self.config, dict, type(None))
        check_type(label, "shallow", self.shallow, bool, int)
        check_type(label, "filters", self.filters, list, tuple, type(None))
        for key in (
            "submodules",
            "remoteSubmodules",
            "tags",
            "progress",
            "retryFetch",
            "clobberOnFailure",
        ):
            check_type(label, key, given[key], bool)
        for key in _LATER:
            if given[key] is not None:
                warn(f'"{key}" is accepted, not active in this version', label)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The last change's revision."""
        return changes[-1].revision if changes else None

    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.branch, self.revision = branch or "HEAD", revision
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        self._refuse_dangerous()
        version = await self.command(["git", "--version"], collect=True, abandon=False)
        if version.rc != 0:
            raise WorkerSetupError("git is not installed on the worker")
        if await self.sourcedirIsPatched():
            await self._git(["clean", "-f", "-f", "-d", "-x"])
        if self.mode == "incremental":
            await self.mode_incremental()
        else:
            await self.mode_full()
        if patch:
            await self.patch(patch)
        await self.parseGotRevision()
        await self.parseCommitDescription()
        return SUCCESS

    def _refuse_dangerous(self) -> None:
        for name in ("branch", "revision"):
            value = getattr(self, name)
            if value is not None and not _SAFE_REF.match(value):
                self._fail(f"{value!r} is no {name}")
        if not isinstance(self.repourl, str) or self.repourl.startswith("-"):
            self._fail(f"{self.repourl!r} is no repository")

    def _fail(self, text: str) -> None:
        self.stdio_log.addHeader(text + "\n")
        raise BuildStepFailed(text)

    # -- modes and methods -------------------------------------------------------------------

    async def mode_incremental(self) -> None:
        """Fetches into the tree of the last build, or clones."""
        if await self._is_checked_out():
            await self._update_or_clobber()
        else:
            await self._clone()

    async def mode_full(self) -> None:
        """Makes a clean tree."""
        method = self.method or "fresh"
        if method == "clobber":
            await self.clobber()
        elif method == "copy":
            await self.copy()
        elif not await self._is_checked_out():
            await self._clone()
        elif method == "clean":
            await self.clean()
        else:
            await self.fresh()

    async def clobber(self) -> None:
        """Deletes everything and clones."""
        await self._delete(self.workdir)
        await self._clone()

    async def clean(self) -> None:
        """Deletes what is neither tracked nor ignored, and fetches."""
        await self._clean(["clean", "-f", "-f", "-d"])

    async def fresh(self) -> None:
        """Deletes what is not tracked, and fetches."""
        await self._clean(["clean", "-f", "-f", "-d", "-x"])

    async def copy(self) -> None:
        """Updates the directory "source" and copies it."""
        await self._delete(self.workdir)
        target, self.workdir = self.workdir, self.srcdir
        try:
            await self.mode_incremental()
            args = {
                "fromdir": self.srcdir,
                "todir": target,
                "timeout": self.timeout,
                "logEnviron": self.logEnviron,
            }
            await self.runRemoteCommand("cpdir", args)
        finally:
            self.workdir = target

    async def _clean(self, words: list[str]) -> None:
        await self._git(words)
        await self._update_or_clobber()
        if self.submodules:
            await self._git(["submodule", "foreach", "--recursive", f"git {' '.join(words)}"])

    async def _delete(self, path: str) -> None:
        if await self.runRmdir(path, timeout=self.timeout, abandonOnFailure=False):
            # A tree with directories that nobody may write to.
            await self.command(["chmod", "-Rf", "u+rwx", path], abandon=False, workdir="")
            await self.runRmdir(path, timeout=self.timeout)

    async def _is_checked_out(self) -> bool:
        return await self.pathExists(self._path(".git"))

    # -- git ---------------------------------------------------------------------------------

    async def _git(self, words: list[str], collect: bool = False, abandon: bool = True) -> Any:
        settings = [x for k, v in (self.config or {}).items() for x in ("-c", f"{k}={v}")]
        return await self.command(["git", *settings, *words], collect=collect, abandon=abandon)

    async def _works(self, words: list[str]) -> bool:
        command = await self._git(words, abandon=False)
        return bool(command.rc == 0)

    async def _update_or_clobber(self) -> None:
        if await self._update():
            return
        if not self.clobberOnFailure or self.stopped:
            raise BuildStepFailed("git could not update the tree")
        await self.clobber()

    async def _update(self) -> bool:
        revision = self.revision
        if not revision or not await self._works(["cat-file", "-e", f"{revision}^{{commit}}"]):
            fetched = await self.retried(self._fetch)
            while not fetched and self.retryFetch and not self.stopped:
                fetched = await self._fetch()
            if not fetched:
                return False
        return await self._checked_out() and await self._submodules()

    async def _fetch(self) -> bool:
        words = ["fetch", "-f", *self._history()]
        if self.tags:
            words.append("--tags")
        if self.progress:
            words.append("--progress")
        return await self._works([*words, "--", self.repourl, self.branch])

    async def _checked_out(self) -> bool:
        target = self.revision or "FETCH_HEAD"
        if await self._works(["checkout", "-f", target, "--"]):
            return await self._named()
        # The revision is not part of the branch: perhaps the server gives it by its name.
        if not self.revision:
            return False
        words = ["fetch", "-f", *self._history(), "--", self.repourl, self.revision]
        return await self._works(words) and await self._works(
            ["checkout", "-f", "FETCH_HEAD", "--"]
        )

    async def _named(self) -> bool:
        if self.branch == "HEAD" or self.branch.startswith("refs/"):
            return True
        return await self._works(["checkout", "-B", self.branch, "--"])

    async def _clone(self) -> None:
        # A revision may lie outside its branch, and only branches and tags can be cloned by name.
        by_name = not self.revision and not self.branch.startswith("refs/")
        words = ["clone", *self._history()]
        if not by_name:
            words.append("--no-checkout")
        elif self.branch != "HEAD":
            words += ["--branch", self.branch]
        for option, value in (("--reference", self.reference), ("--origin", self.origin)):
            if value:
                words += [option, str(value)]
        for filter_ in self.filters or ():
            words += ["--filter", str(filter_)]
        if self.progress:
            words.append("--progress")
        words += ["--", self.repourl, "."]
        if not await self.retried(lambda: self._cloned(words)):
            raise BuildStepFailed("git could not clone the repository")
        if not await (self._submodules() if by_name else self._update()):
            raise BuildStepFailed("git could not check the sources out")

    async def _cloned(self, words: list[str]) -> bool:
        # The command makes its directory again.
        await self._delete(self.workdir)
        return await self._works(words)

    async def _submodules(self) -> bool:
        if not self.submodules:
            return True
        if not await self._works(["submodule", "sync", "--recursive"]):
            return False
        words = ["submodule", "update", "--init", "--recursive", "--force"]
        if self.remoteSubmodules:
            words.append("--remote")
        return await self._works([*words, *self._history()])

    def _history(self) -> list[str]:
        if not self.shallow:
            return []
        return ["--depth", "1" if self.shallow is True else str(self.shallow)]

    # -- properties --------------------------------------------------------------------------

    async def parseGotRevision(self, _: Any = None) -> None:
        """Sets got_revision.

        Raises:
            BuildStepFailed: the tree has no commit.
        """
        command = await self._git(["rev-parse", "HEAD"], collect=True)
        revision = command.stdout.strip()
        if not _COMMIT.match(revision):
            raise BuildStepFailed(f"git said that the revision is {revision!r}")
        self.updateSourceProperty("got_revision", revision)

    async def parseCommitDescription(self, _: Any = None) -> None:
        """Sets commit-description, if wanted and if there is one."""
        if self.getDescription is False:
            return
        options = self.getDescription if isinstance(self.getDescription, dict) else {}
        words = ["describe", *describe_arguments(options)]
        if "--dirty" not in " ".join(words):
            words.append("HEAD")
        command = await self._git(words, collect=True, abandon=False)
        if command.rc == 0:
            self.updateSourceProperty("commit-description", command.stdout.strip())
