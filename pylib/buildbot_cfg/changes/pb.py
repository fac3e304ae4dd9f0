# SPDX-License-Identifier: MIT
"""Changes that programs send by Perspective Broker."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.changes.base import ChangeSource


class PBChangeSource(ChangeSource):
    """Takes changes from ``buildbot sendchange`` and hooks of repositories.

    Args:
        user: who may send.
        passwd: the password; may be a secret.
        port: where it listens; None: the workers' port.
        prefix: what paths of files must begin with; it is cut off.
        name: unique among change sources.
    """

    def checkConfig(
        self,
        user: str = "change",
        passwd: Any = "changepw",
        port: int | str | None = None,
        prefix: str | None = None,
        name: str | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.user, self.passwd, self.port, self.prefix = user, passwd, port, prefix
        if self.name is None:
            middle = f"{prefix}:" if prefix else ""
            self.name = f"PBChangeSource:{middle}{port}"

    def getConfigDict(self) -> dict[str, Any]:
        """Its name and its class, without arguments: a password may be among them."""
        return {**super().getConfigDict(), "args": (), "kwargs": {}}

    def describe(self) -> str:
        """What it does, for people."""
        prefix = f" (prefix '{self.prefix}')" if self.prefix is not None else ""
        return f"PBChangeSource listener on {self.port}{prefix}"
