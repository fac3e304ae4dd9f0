# SPDX-License-Identifier: MIT
"""Checks out of a git repository."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from buildbot_cfg._checks import check_attributes, check_type
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.interfaces import WorkerSetupError
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source._git_commands import GitCommands
from buildbot_cfg.steps.source._git_publish import GitCommit, GitPush, GitTag
from buildbot_cfg.util.git_credential import GitCredentialOptions

__all__ = ["Git", "GitCommit", "GitPush", "GitTag"]

#: A ref or revision that git can only take as such: no option, no refspec, no white space.
_SAFE_REF = re.compile(r"[^-+\s:][^\s:\x00-\x1f\x7f]*\Z")
_KINDS: dict[str, tuple[type, ...]] = {
    "getDescription": (bool, dict),
    "shallow": (bool, int, str),
    "filters": (list, tuple, type(None)),
    "submodules": (bool,),
    "remoteSubmodules": (bool,),
    "tags": (bool,),
    "retryFetch": (bool,),
    "clobberOnFailure": (bool,),
}


class Git(GitCommands):
    """Checks a revision of a git repository out.

    Args:
        repourl: the repository; may be a renderable.
        port: of the ssh server, for ``host:path`` repositories.
        branch: taken when the source stamp has none.
        mode: "incremental" keeps what the last build made; "full" does not.
        method: how "full" cleans: "clean" (keeps ignored files), "fresh", "clobber" (deletes
            all) or "copy" (updates the directory "source" and copies it).
        submodules: check submodules out.
        remoteSubmodules: at the tip of their branches.
        shallow: True or a number of commits of history to fetch; in mode "full" it needs the
            method "clobber".
        tags: fetch all tags.
        reference: a local repository to borrow objects from.
        filters: for partial clones.
        progress: show it in the log.
        retryFetch: fetch a second time when it fails.
        clobberOnFailure: delete everything and clone when an update fails.
        getDescription: True or a dict of ``git describe`` options; sets ``commit-description``.
        config: git settings for all commands, a dict.
        origin: name of the remote in clones.
        sshPrivateKey: text of the key; it is on the worker only while the step runs.
        sshHostKey: the key of all ssh hosts.
        sshKnownHosts: or a file of known hosts.
        auth_credentials: (user, password) for http.
        git_credentials: further ones, util.GitCredentialOptions.

    Example:
        >>> Git(repourl="https://example.org/project.git", mode="full", method="fresh").name
        'git'
    """

    name = "git"
    renderables: ClassVar[list[str]] = [
        "repourl", "reference", "branch", "codebase", "mode", "method", "origin",
    ]  # fmt: skip
    possible_methods = ("clean", "fresh", "clobber", "copy", None)
    srcdir = "source"
    _free_arguments = frozenset(("branch", "repourl"))

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
        shallow: bool | int | str = False,
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
        auth_credentials: tuple[Any, Any] | None = None,
        git_credentials: GitCredentialOptions | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode=mode, **kwargs)
        self.repourl, self.port, self.branch, self.method = repourl, port, branch, method
        self.reference, self.origin, self.config = reference, origin, config
        self.submodules, self.remoteSubmodules = submodules, remoteSubmodules
        self.tags, self.shallow, self.filters = tags, shallow, filters
        self.prog, self.retryFetch = progress, retryFetch
        self.clobberOnFailure, self.getDescription = clobberOnFailure, getDescription
        self.setupGitStep()
        self.check_repourl()
        self.setup_git_auth(
            sshPrivateKey, sshHostKey, sshKnownHosts, git_credentials, auth_credentials
        )
        self._check()

    def _check(self) -> None:
        self._check_mode()
        if self.mode == "full":  # without a meaning otherwise
            self._check_choice("method", self.possible_methods)
        if self.shallow:
            known = not is_renderable(self.mode) and not is_renderable(self.method)
            if known and self.mode == "full" and self.method != "clobber":
                report('"shallow" with mode "full" needs the method "clobber"', self.label)
        if type(self.branch) is not str:
            check_type(self.label, "branch", self.branch, str, type(None), renderable=True)
        check_attributes(self, _KINDS)
        if type(self.prog) is not bool:
            check_type(self.label, "progress", self.prog, bool)

    def computeSourceRevision(self, changes: list[Any]) -> Any:
        """The last change's revision."""
        return changes[-1].revision if changes else None

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        self.branch, self.revision = branch or "HEAD", revision
        self.method = self._getMethod()
        self.stdio_log = await self.addLogForRemoteCommands("stdio")
        self.setup_repourl()
        self._refuse_dangerous()
        if not await self.checkFeatureSupport():
            raise WorkerSetupError("git is not installed on worker")
        if await self.sourcedirIsPatched():
            await self._dovccmd(["clean", "-f", "-f", "-d", "-x"])
        folder = self._get_auth_data_workdir()
        try:
            await self._git_auth.download_auth_files_if_needed(
                folder, not self.supportsSshPrivateKeyAsEnvOption
            )
            await awaited(getattr(self, f"mode_{self.mode}")())
            if patch:
                await awaited(self.patch(patch))
            await awaited(self.parseGotRevision())
            await awaited(self.parseCommitDescription())
        finally:
            await self._git_auth.remove_auth_files_if_needed(folder)
        return SUCCESS

    def _get_auth_data_workdir(self) -> str:
        if self.mode == "full" and self.method == "copy":
            return self.srcdir
        workdir: str = self.workdir
        return workdir

    def _refuse_dangerous(self) -> None:
        if self.mode not in ("incremental", "full") or self.method not in self.possible_methods:
            self._fail(f"there is no mode {self.mode!r} with the method {self.method!r}")
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

    @promised
    async def mode_incremental(self) -> None:
        """Fetches into the tree of the last build, or clones."""
        state = await self._sourcedirIsUpdatable()
        if state == "clobber":
            await awaited(self.clobber())
        elif state == "clone":
            await self._fullCloneOrFallback(self.shallow)
        else:
            await self._fetchOrFallback()
            await self._syncSubmodule()
            await self._updateSubmodule()

    @promised
    async def mode_full(self) -> None:
        """Makes a clean tree."""
        if self.method in ("clobber", "copy"):
            await awaited(getattr(self, self.method)())
            return
        state = await self._sourcedirIsUpdatable()
        if state == "clobber":
            await awaited(self.clobber())
        elif state == "clone":
            await self._fullCloneOrFallback(self.shallow)
        else:
            await awaited(getattr(self, self.method)())

    @promised
    async def clobber(self) -> None:
        """Deletes everything and clones."""
        await self._doClobber()
        if await self._fullClone(self.shallow) != 0:
            raise BuildStepFailed("git clone failed")

    @promised
    async def clean(self) -> None:
        """Deletes what is neither tracked nor ignored, and fetches."""
        await self._dovccmd(["clean", "-f", "-f", "-d"])
        await self._fetchOrFallback()
        await self._submodules_cleaned(["clean", "-f", "-f", "-d"])

    @promised
    async def fresh(self) -> None:
        """Deletes what is not tracked, and fetches; clones anew when git cannot delete."""
        words = ["clean", "-f", "-f", "-d", "-x"]
        if await self._dovccmd(words, abandonOnFailure=False) == 0:
            await self._fetchOrFallback()
        else:
            await awaited(self.clobber())
        await self._submodules_cleaned(words)

    async def _submodules_cleaned(self, words: list[str]) -> None:
        if self.submodules:
            await self._syncSubmodule()
            await self._updateSubmodule()
            await self._cleanSubmodule()
            await self._dovccmd(words)

    @promised
    async def copy(self) -> None:
        """Updates the directory "source" and copies it."""
        await self.runRmdir(self.workdir, abandonOnFailure=False, timeout=self.timeout)
        target, self.workdir = self.workdir, self.srcdir
        try:
            await awaited(self.mode_incremental())
            await self.copied(self.srcdir, target)
        finally:
            self.workdir = target
