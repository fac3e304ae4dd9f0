# SPDX-License-Identifier: MIT
"""What steps that run git have in common."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import check_type, shown_as
from buildbot_cfg._errors import ArgumentErrors, report
from buildbot_cfg._tasks import promised
from buildbot_cfg.util._git_ssh import (
    GitMixin,
    check_ssh_config,
    ensureSshKeyNewline,
    getSshKnownHostsContents,
    getSshWrapperScriptContents,
    scp_style_to_url_syntax,
)
from buildbot_cfg.util.git_credential import (
    GitCredentialOptions,
    add_user_password_to_credentials,
    store_options,
)

_READS = 0o400
_RUNS = 0o700
_SECONDS = 120
_NO_KEYS = (None, None, None)
_SIGTERM_SECONDS = 1  # git takes its lock files away when it is asked to end


class GitStepAuth:
    """A step's keys and credentials: files on the worker while the step runs.

    Args:
        step: the step.
        ssh_private_key: text of the key.
        ssh_host_key: the key of all hosts.
        ssh_known_hosts: or a file of known hosts.
        git_credential_options: for http.
    """

    #: git's commands that may speak with the server.
    commands = frozenset(
        ("clone", "credential", "fetch", "ls-remote", "push", "submodule", "checkout")
    )

    __slots__ = (
        "_has_host_key",
        "git_credential_options",
        "ssh_host_key",
        "ssh_known_hosts",
        "ssh_private_key",
        "step",
    )

    def __init__(
        self,
        step: Any,
        ssh_private_key: Any = None,
        ssh_host_key: Any = None,
        ssh_known_hosts: Any = None,
        git_credential_options: GitCredentialOptions | None = None,
    ) -> None:
        self.step = step
        self.ssh_private_key = ssh_private_key
        self.ssh_host_key = ssh_host_key
        self.ssh_known_hosts = ssh_known_hosts
        self.git_credential_options = git_credential_options
        self._has_host_key = ssh_host_key is not None or ssh_known_hosts is not None

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything."""
        return self.ssh_private_key is not None or self.git_credential_options is not None

    def is_auth_needed_for_git_command(self, git_command: str) -> bool:
        """Whether the command gets it."""
        return self.is_wanted and git_command in self.commands

    def _folder(self, workdir: str) -> str:
        """Beside the builder's directory: a build may clear that."""
        path = self.step.build.path_module
        builder = self.step.getProperty("builddir").rstrip("/\\")
        workdir = workdir.rstrip("/\\")
        name = f".{path.basename(builder)}.{path.basename(workdir)}.buildbot"
        folder: str = path.join(path.dirname(builder), path.dirname(workdir), name)
        return folder

    def _file(self, workdir: str, name: str) -> str:
        path: str = self.step.build.path_module.join(self._folder(workdir), name)
        return path

    def adjust_git_command_params_for_auth(
        self,
        full_command: list[Any],
        full_env: dict[str, Any],
        workdir: str,
        git_mixin: GitMixin,
    ) -> None:
        """Adds what makes git take it.

        Raises:
            RuntimeError: this version of git cannot.
        """
        if self.ssh_private_key is not None:
            git_mixin.adjustCommandParamsForSshPrivateKey(
                full_command,
                full_env,
                self._file(workdir, "ssh-key"),
                self._file(workdir, "ssh-wrapper.sh"),
                self._file(workdir, "ssh-known-hosts") if self._has_host_key else None,
            )
        if self.git_credential_options is not None:
            full_command += self._credential_words(workdir, git_mixin, self.git_credential_options)

    def _credential_words(
        self, workdir: str, git_mixin: GitMixin, options: GitCredentialOptions
    ) -> list[str]:
        if not git_mixin.supports_credential_store:
            raise RuntimeError("git credential-store is not supported")
        store = self._file(workdir, ".git-credentials")
        return store_options(store, options)

    async def download_auth_files_if_needed(
        self, workdir: str, download_wrapper_script: bool = False
    ) -> None:
        """Writes the files."""
        if not self.is_wanted:
            return
        await self.step.runMkdir(self._folder(workdir))
        if self.ssh_private_key is not None:
            await self._download_ssh_files(workdir, download_wrapper_script)
        if self.git_credential_options is not None:
            for credential in self.git_credential_options.credentials:
                text = await self._rendered(credential)
                await self.step._dovccmd(["credential", "approve"], initialStdin=text)

    async def _download_ssh_files(self, workdir: str, with_script: bool) -> None:
        key = await self._rendered(self.ssh_private_key)
        await self._write(workdir, "ssh-key", ensureSshKeyNewline(key), _READS)
        if self.ssh_known_hosts is not None:
            hosts = await self._rendered(self.ssh_known_hosts)
            await self._write(workdir, "ssh-known-hosts", hosts, _READS)
        elif self.ssh_host_key is not None:
            hosts = getSshKnownHostsContents(await self._rendered(self.ssh_host_key))
            await self._write(workdir, "ssh-known-hosts", hosts, _READS)
        if with_script:
            script = getSshWrapperScriptContents(
                self._file(workdir, "ssh-key"),
                self._file(workdir, "ssh-known-hosts") if self._has_host_key else None,
            )
            await self._write(workdir, "ssh-wrapper.sh", script, _RUNS)

    async def _write(self, workdir: str, name: str, text: str, mode: int) -> None:
        await self.step.downloadFileContentToWorker(
            self._file(workdir, name), text, mode=mode, abandonOnFailure=True
        )

    async def _rendered(self, value: Any) -> str:
        text: str = await self.step.build.render(value)
        return text

    async def remove_auth_files_if_needed(self, workdir: str) -> None:
        """Deletes the files."""
        if self.is_wanted:
            await self.step.runRmdir(self._folder(workdir), timeout=_SECONDS)


def checked_credentials(
    label: str, repourl: Any, user: Any, options: Any
) -> GitCredentialOptions | None:
    """All credentials of both arguments; what is wrong is reported."""
    checked: GitCredentialOptions | None = None
    if isinstance(options, GitCredentialOptions):
        checked = options
    elif options is not None:
        given = shown_as("git_credentials", options)
        report(f'"git_credentials" must be GitCredentialOptions, not {given}', label)
    if user is None:
        return checked
    if isinstance(user, (tuple, list)) and len(user) == 2:
        return add_user_password_to_credentials((user[0], user[1]), repourl, checked)
    report('"auth_credentials" must be (user, password)', label)
    return checked


class GitStepMixin(GitMixin):
    """For steps that run git; their ``env``, ``timeout`` and ``config`` are taken."""

    repourl: Any = None
    port: int = 22
    config: Any = None
    env: Any
    _git_auth: GitStepAuth

    def setupGitStep(self) -> None:
        """Called by ``__init__`` when the arguments are set."""
        self.setupGit()
        if self.config is not None:
            check_type(self._label(), "config", self.config, dict, type(None))

    def _label(self) -> str:
        return str(getattr(self, "label", f"step ({type(self).__name__})"))

    def check_repourl(self) -> None:
        """Reports a repository that is missing or nonsense."""
        if not self.repourl:
            report('argument "repourl" is missing', self._label(), kind=ArgumentErrors)
        elif type(self.repourl) is not str:
            check_type(self._label(), "repourl", self.repourl, str, renderable=True)

    def setup_repourl(self) -> None:
        """``host:path`` becomes a URL with the port; called when the step runs."""
        if isinstance(self.repourl, str):
            self.repourl = scp_style_to_url_syntax(self.repourl, self.port)

    def setup_git_auth(
        self,
        ssh_private_key: Any,
        ssh_host_key: Any,
        ssh_known_hosts: Any,
        git_credential_options: GitCredentialOptions | None = None,
        auth_credentials: Any = None,
    ) -> None:
        """Checks and keeps keys and credentials."""
        options = None
        given = (ssh_private_key, ssh_host_key, ssh_known_hosts)
        if given != _NO_KEYS:
            check_ssh_config(self._label(), *given)
        if git_credential_options is not None or auth_credentials is not None:
            options = checked_credentials(
                self._label(), self.repourl, auth_credentials, git_credential_options
            )
        self._git_auth = GitStepAuth(self, ssh_private_key, ssh_host_key, ssh_known_hosts, options)

    def _get_auth_data_workdir(self) -> str:
        """The directory after which the files' folder is named."""
        step: Any = self
        workdir: str = step.workdir
        return workdir

    def vc_words(self, command: list[Any]) -> list[Any]:
        """The whole command line of a command of git."""
        return [*self._configured(), *command]

    def _configured(self) -> list[Any]:
        words = [f"{name}={value}" for name, value in (self.config or {}).items()]
        return ["git", *(word for value in words for word in ("-c", value))]

    @promised
    async def _dovccmd(
        self,
        command: list[Any],
        abandonOnFailure: bool = True,
        collectStdout: bool = False,
        initialStdin: str | None = None,
    ) -> Any:
        """Runs a command of git; gives its output when collected, else its code."""
        step: Any = self
        words = self._configured()
        env = dict(self.env or {})
        if self._git_auth.is_auth_needed_for_git_command(command[0]):
            self._git_auth.adjust_git_command_params_for_auth(
                words, env, self._get_auth_data_workdir(), self
            )
        done = await step._shell(
            [*words, *command],
            collectStdout,
            False,
            initialStdin,
            abandonOnFailure,
            env=env,
            sigtermTime=_SIGTERM_SECONDS,
        )
        return done.stdout if collectStdout else done.rc

    @promised
    async def checkFeatureSupport(self) -> bool:
        """Asks git for its version; false when there is none."""
        said = await self._dovccmd(["--version"], collectStdout=True, abandonOnFailure=False)
        self.parseGitFeatures(said)
        return self.gitInstalled
