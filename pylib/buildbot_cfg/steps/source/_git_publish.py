# SPDX-License-Identifier: MIT
"""Steps that commit, tag and push."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._declared import quoted
from buildbot_cfg._errors import ArgumentErrors, report
from buildbot_cfg.process._live import BuildStepFailed
from buildbot_cfg.process._rendering import is_renderable
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.results import SUCCESS
from buildbot_cfg.steps.source._commands import CommandLines
from buildbot_cfg.util._git_step import GitStepMixin
from buildbot_cfg.util.git_credential import GitCredentialOptions

_EMPTY_COMMITS = ("disallow", "create-empty-commit", "ignore")


class _GitStep(GitStepMixin, BuildStep, CommandLines):
    """Runs commands of git in a tree that another step has checked out."""

    renderables: ClassVar[list[str]] = ["repourl"]

    def __init__(
        self,
        workdir: Any,
        env: Any,
        timeout: Any,
        logEnviron: bool,
        config: dict[str, Any] | None,
        **kwargs: Any,
    ) -> None:
        name = kwargs.get("name", type(self).name)
        self.label = f"{quoted('step', name)} ({type(self).__name__})"
        self.env, self.timeout, self.logEnviron, self.config = env, timeout, logEnviron, config
        self.stdio_log: Any = None
        super().__init__(workdir=workdir, **kwargs)
        self.setupGitStep()
        self.setup_git_auth(None, None, None)

    def _require(self, key: str, value: Any) -> None:
        if not value:
            report(f'argument "{key}" is missing', self.label, kind=ArgumentErrors)

    def _require_list(self, key: str, value: Any) -> None:
        self._require(key, value)
        if value and not is_renderable(value):
            check_type(self.label, key, value, list)

    async def run(self) -> int:
        """Asks for git's version, then does the step's work."""
        self.stdio_log = await self.addLog("stdio")
        if not await self.checkFeatureSupport():
            raise BuildStepFailed("git is not installed on worker")
        return await self._work()

    async def _work(self) -> int:
        raise NotImplementedError


class GitPush(_GitStep):
    """Pushes a branch.

    Args:
        workdir: the tree.
        repourl: where to.
        port: of the ssh server, for ``host:path`` repositories.
        branch: which one.
        force: also when that loses commits.
        env: variables added to the worker's environment.
        timeout: seconds without output after which a command is killed.
        sshPrivateKey: and the other keys and credentials: as those of Git.
        config: git settings for all commands, a dict.
    """

    name = "gitpush"
    renderables: ClassVar[list[str]] = ["repourl", "branch"]

    def __init__(
        self,
        workdir: Any = None,
        repourl: Any = None,
        port: int = 22,
        branch: Any = None,
        force: bool = False,
        env: Any = None,
        timeout: Any = 20 * 60,
        logEnviron: bool = True,
        sshPrivateKey: Any = None,
        sshHostKey: Any = None,
        sshKnownHosts: Any = None,
        auth_credentials: tuple[Any, Any] | None = None,
        git_credentials: GitCredentialOptions | None = None,
        config: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(workdir, env, timeout, logEnviron, config, **kwargs)
        self.repourl, self.port, self.branch, self.force = repourl, port, branch, force
        self.check_repourl()
        self.setup_git_auth(
            sshPrivateKey, sshHostKey, sshKnownHosts, git_credentials, auth_credentials
        )
        self._require("branch", branch)

    async def _work(self) -> int:
        self.setup_repourl()
        folder = self._get_auth_data_workdir()
        words = ["push", self.repourl, self.branch] + (["--force"] if self.force else [])
        try:
            await self._git_auth.download_auth_files_if_needed(
                folder, not self.supportsSshPrivateKeyAsEnvOption
            )
            await self._dovccmd(words)
        finally:
            await self._git_auth.remove_auth_files_if_needed(folder)
        return SUCCESS


class GitTag(_GitStep):
    """Tags the head.

    Args:
        workdir: the tree.
        tagName: the tag.
        annotated: make a tag with a message.
        messages: its paragraphs.
        force: replace a tag of that name.
        env: variables added to the worker's environment.
        timeout: seconds without output after which a command is killed.
        config: git settings for all commands, a dict.
    """

    name = "gittag"
    renderables: ClassVar[list[str]] = ["repourl", "tagName", "messages"]

    def __init__(
        self,
        workdir: Any = None,
        tagName: Any = None,
        annotated: bool = False,
        messages: Any = None,
        force: bool = False,
        env: Any = None,
        timeout: Any = 20 * 60,
        logEnviron: bool = True,
        config: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(workdir, env, timeout, logEnviron, config, **kwargs)
        self.tagName, self.annotated, self.messages = tagName, annotated, messages
        self.force = force
        self._require("tagName", tagName)
        if annotated:
            self._require_list("messages", messages)
        elif messages:
            report('"messages" need "annotated"', self.label)

    async def _work(self) -> int:
        words = ["tag", "-a", self.tagName] if self.annotated else ["tag", self.tagName]
        words += [word for text in self.messages or () for word in ("-m", text)]
        await self._dovccmd([*words, "--force"] if self.force else words)
        return SUCCESS


class GitCommit(_GitStep):
    """Commits files to the branch that is checked out.

    Args:
        workdir: the tree.
        paths: what to add.
        messages: paragraphs of the message.
        env: variables added to the worker's environment.
        timeout: seconds without output after which a command is killed.
        emptyCommits: when nothing has changed: "disallow" (fail), "create-empty-commit" or
            "ignore" (no commit).
        config: git settings for all commands, a dict.
        no_verify: without the repository's hooks.
    """

    name = "gitcommit"
    renderables: ClassVar[list[str]] = ["paths", "messages"]

    def __init__(
        self,
        workdir: Any = None,
        paths: Any = None,
        messages: Any = None,
        env: Any = None,
        timeout: Any = 20 * 60,
        logEnviron: bool = True,
        emptyCommits: str = "disallow",
        config: dict[str, Any] | None = None,
        no_verify: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(workdir, env, timeout, logEnviron, config, **kwargs)
        self.paths, self.messages = paths, messages
        self.emptyCommits, self.no_verify = emptyCommits, no_verify
        self._require_list("messages", messages)
        self._require_list("paths", paths)
        if emptyCommits not in _EMPTY_COMMITS:
            known = ", ".join(_EMPTY_COMMITS)
            report(f'"emptyCommits" must be one of {known}, not {shown(emptyCommits)}', self.label)

    async def _work(self) -> int:
        # Fails where no branch is checked out.
        await self._dovccmd(["symbolic-ref", "HEAD"])
        await self._dovccmd(["add", *self.paths])
        if self.emptyCommits == "ignore":
            told = await self._dovccmd(["status", "--porcelain=v1"], collectStdout=True)
            if not any(line[0] not in " ?!" for line in told.split("\n") if line):
                return SUCCESS
        words = ["commit", *(word for text in self.messages for word in ("-m", text))]
        if self.emptyCommits == "create-empty-commit":
            words.append("--allow-empty")
        await self._dovccmd([*words, "--no-verify"] if self.no_verify else words)
        return SUCCESS
