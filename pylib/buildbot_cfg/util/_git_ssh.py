# SPDX-License-Identifier: MIT
"""git: what a version can do, and how it gets ssh keys."""

from __future__ import annotations

import re
from typing import Any

from buildbot_cfg._errors import report

_VERSION = re.compile(r"git version ([0-9]+(?:\.[0-9]+)*)")
_PLAIN_WORD = re.compile(r"[\w-]+\Z", re.ASCII)
#: From which version on git can do what.
_FEATURES = {
    "supportsBranch": (1, 6, 5),
    "supportsProgress": (1, 7, 2),
    "supportsSubmoduleForce": (1, 7, 6),
    "supportsSubmoduleCheckout": (1, 7, 8),
    "supports_credential_store": (1, 7, 9),
    "supportsSshPrivateKeyAsEnvOption": (2, 3, 0),
    "supports_lsremote_symref": (2, 8, 0),
    "supportsSshPrivateKeyAsConfigOption": (2, 10, 0),
    "supportsFilters": (2, 27, 0),
}


def escapeShellArgIfNeeded(arg: str) -> str:
    """A word for a shell's command line, quoted when it is more than letters and digits."""
    return arg if _PLAIN_WORD.match(arg) else f'"{arg}"'


def getSshArgsForKeys(keyPath: str | None, knownHostsPath: str | None) -> list[str]:
    """The options of ssh for a key and known hosts."""
    words = ["-o", "BatchMode=yes"]
    if keyPath is not None:
        words += ["-i", keyPath]
    if knownHostsPath is not None:
        words += ["-o", f"UserKnownHostsFile={knownHostsPath}"]
    return words


def getSshCommand(keyPath: str | None, knownHostsPath: str | None) -> str:
    """The same as a shell's command line."""
    words = ["ssh", *getSshArgsForKeys(keyPath, knownHostsPath)]
    return " ".join(escapeShellArgIfNeeded(word) for word in words)


def getSshWrapperScriptContents(keyPath: str | None, knownHostsPath: str | None = None) -> str:
    """The same as a script, for gits that take a program only."""
    return f'#!/bin/sh\n{getSshCommand(keyPath, knownHostsPath)} "$@"\n'


def getSshKnownHostsContents(hostKey: str) -> str:
    """Known hosts of which every one has this key."""
    return f"* {hostKey}"


def ensureSshKeyNewline(privateKey: str) -> str:
    """The key with the line end without which ssh does not read it."""
    return privateKey if privateKey.endswith("\n") else privateKey + "\n"


def scp_style_to_url_syntax(address: str, port: int = 22, scheme: str = "ssh") -> str:
    """``host:path`` as a URL; others stay as they are.

    Example:
        >>> scp_style_to_url_syntax("git@example.org:project.git", 2222)
        'ssh://git@example.org:2222/project.git'
    """
    if any(mark in address for mark in ("://", "[", "]")) or ":" not in address:
        return address
    host, path = address.split(":", 1)
    return f"{scheme}://{host}:{port}/{path}"


def check_ssh_config(
    logname: str, ssh_private_key: Any, ssh_host_key: Any, ssh_known_hosts: Any
) -> None:
    """Reports keys that do not go together."""
    if ssh_host_key is not None and ssh_private_key is None:
        report('"sshHostKey" needs "sshPrivateKey"', logname)
    if ssh_known_hosts is not None and ssh_private_key is None:
        report('"sshKnownHosts" needs "sshPrivateKey"', logname)
    if ssh_host_key is not None and ssh_known_hosts is not None:
        report('only one of "sshHostKey" and "sshKnownHosts" may be given', logname)


class GitMixin:
    """For whoever runs git: what the installed version can do."""

    gitInstalled = False
    supportsBranch = False
    supportsProgress = False
    supportsSubmoduleForce = False
    supportsSubmoduleCheckout = False
    supportsSshPrivateKeyAsEnvOption = False
    supportsSshPrivateKeyAsConfigOption = False
    supportsFilters = False
    supports_lsremote_symref = False
    supports_credential_store = False

    def setupGit(self) -> None:
        """Nothing is known yet."""
        if self.gitInstalled:
            self.gitInstalled = False
            for name in _FEATURES:
                setattr(self, name, False)

    def parseGitFeatures(self, version_stdout: str) -> None:
        """Reads what ``git --version`` said."""
        found = _VERSION.match(version_stdout.strip())
        if found is None:
            return
        self.gitInstalled = True
        version = tuple(int(part) for part in found[1].split("."))
        for name, needed in _FEATURES.items():
            setattr(self, name, (*version, 0, 0)[: max(3, len(version))] >= needed)

    def adjustCommandParamsForSshPrivateKey(
        self,
        command: list[Any],
        env: dict[str, Any],
        keyPath: str,
        sshWrapperPath: str | None = None,
        knownHostsPath: str | None = None,
    ) -> None:
        """Adds the key, in the way that this version takes it.

        Raises:
            RuntimeError: there is no way.
        """
        ssh = getSshCommand(keyPath, knownHostsPath)
        if self.supportsSshPrivateKeyAsConfigOption:
            command += ["-c", f"core.sshCommand={ssh}"]
        elif self.supportsSshPrivateKeyAsEnvOption:
            env["GIT_SSH_COMMAND"] = ssh
        elif sshWrapperPath is not None:
            env["GIT_SSH"] = sshWrapperPath
        else:
            raise RuntimeError("this git takes ssh keys by a script only")
