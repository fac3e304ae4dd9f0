# SPDX-License-Identifier: MIT
"""Schedulers for builds of changes that are not committed: ``buildbot try``."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler


class TryBase(ReconfigurableBaseScheduler):
    """What both have in common."""


class Try_Jobdir(TryBase):
    """Takes jobs from a Maildir.

    Args:
        name: unique among schedulers.
        builderNames: builders that jobs may ask for.
        jobdir: the folder.
    """

    def __init__(
        self,
        name: str,
        builderNames: Any,
        jobdir: str,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: Any = None,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        self.jobdir = jobdir


class Try_Userpass(TryBase):
    """Takes jobs from programs that log in.

    Args:
        name: unique among schedulers.
        builderNames: builders that jobs may ask for.
        port: where it listens.
        userpass: a list of (user, password); passwords may be secrets.
    """

    def __init__(
        self,
        name: str,
        builderNames: Any,
        port: int | str,
        userpass: Any,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: Any = None,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        self.port, self.userpass = port, userpass
