# SPDX-License-Identifier: MIT
"""Secrets of the password store ``pass``."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import started
from buildbot_cfg.secrets.providers.base import SecretProviderBase


class SecretInPass(SecretProviderBase):
    """Asks the program ``pass`` for secrets.

    Args:
        gpgPassphrase: of the key that the secrets are encrypted with; may be a secret.
        dirname: the store; ~/.password-store by default.
    """

    name = "SecretInPass"

    def checkConfig(self, gpgPassphrase: Any = None, dirname: str | None = None) -> Any:
        """Reports a missing program or folder."""
        if shutil.which("pass") is None:
            report("the program pass does not exist in PATH", self.label)
        if dirname is not None and not Path(dirname).is_dir():
            report(f"the directory {shown(dirname)} does not exist", self.label)

    @started
    async def reconfigService(self, gpgPassphrase: Any = None, dirname: str | None = None) -> None:
        """Takes over the arguments."""
        self._environment = dict(os.environ)
        if gpgPassphrase:
            self._environment["PASSWORD_STORE_GPG_OPTS"] = f"--passphrase {gpgPassphrase}"
        if dirname:
            self._environment["PASSWORD_STORE_DIR"] = str(dirname)

    @started
    async def get(self, entry: str) -> str | None:
        """The secret's first lines; None when the store does not have it."""
        process = await asyncio.create_subprocess_exec(
            "pass",
            entry,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        output, _ = await process.communicate()
        if process.returncode != 0:
            _bridge.log("info", f"{self.label}: pass has no entry {entry!r}")
            return None
        return output.decode("utf-8", "ignore").removesuffix("\n")
