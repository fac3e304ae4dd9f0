# SPDX-License-Identifier: MIT
"""Keys and credentials for git on the master."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buildbot_cfg._outside import render_secrets
from buildbot_cfg.changes._git import Git
from buildbot_cfg.util._git_ssh import (
    ensureSshKeyNewline,
    getSshCommand,
    getSshKnownHostsContents,
)
from buildbot_cfg.util.git_credential import GitCredentialOptions, store_options


@dataclass(frozen=True, slots=True)
class GitAuth:
    """What the repository wants to see; each may be a renderable."""

    private_key: Any = None
    host_key: Any = None
    known_hosts: Any = None
    credentials: GitCredentialOptions | None = None

    @asynccontextmanager
    async def used_by(self, git: Git) -> AsyncIterator[None]:
        """While it lasts, commands of ``git`` have it: in files that nobody else may read."""
        if self.private_key is None and self.credentials is None:
            yield
            return
        folder = Path(tempfile.mkdtemp(prefix="kilnbot-git-"))  # for its owner alone
        try:
            if self.private_key is not None:
                git.environment["GIT_SSH_COMMAND"] = await self._ssh(folder)
            if self.credentials is not None:
                git.options += await self._credentials(folder, git)
            yield
        finally:
            git.environment.clear()
            git.options.clear()
            shutil.rmtree(folder, ignore_errors=True)

    async def _ssh(self, folder: Path) -> str:
        key, host, known = await render_secrets(self.private_key, self.host_key, self.known_hosts)
        _write(folder / "key", ensureSshKeyNewline(key))
        hosts = None
        if known is not None or host is not None:
            hosts = folder / "known-hosts"
            _write(hosts, known if known is not None else getSshKnownHostsContents(host))
        return getSshCommand(str(folder / "key"), None if hosts is None else str(hosts))

    async def _credentials(self, folder: Path, git: Git) -> list[str]:
        assert self.credentials is not None
        options = store_options(str(folder / "credentials"), self.credentials)
        for credential in self.credentials.credentials:
            text = await render_secrets(credential)
            await Git(git.program, git.directory, options).run(
                "credential", "approve", feed=str(text).encode()
            )
        return options


def _write(file: Path, text: str) -> None:
    file.touch(0o600)
    file.write_text(text)
