# SPDX-License-Identifier: MIT
"""Finds new changes of a Perforce depot."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.changes.base import ReconfigurablePollingChangeSource


class P4PollerError(Exception):
    """A look has failed."""


def get_simple_split(branchfile: str) -> tuple[str | None, str]:
    """Branch (the first folder) and path of a file."""
    branch, slash, path = branchfile.partition("/")
    return (branch, path) if slash else (None, branchfile)


def _split(branchfile: str) -> tuple[str | None, str]:
    return None, branchfile


def _no_link(branch: str, revision: str) -> str:
    return ""


def _same(who: str) -> str:
    return who


class P4Source(ReconfigurablePollingChangeSource):
    """Looks for new changes in a Perforce depot.

    Args:
        p4port: host and port of the server.
        p4user: who to be.
        p4passwd: the password; may be a secret.
        p4base: the part of the depot to look at.
        p4bin: the p4 program.
        split_file: a function (path) that gives branch and path.
        histmax: changes at most that one look asks for.
        encoding: of the changes' texts.
        project: of the changes.
        use_tickets: log in with a ticket; needs p4passwd.
        ticket_login_interval: seconds until the ticket is renewed.
        server_tz: name of the server's time zone.
        revlink: a function (branch, revision) that gives a URL.
        resolvewho: a function (who) that gives the author.
    """

    def checkConfig(
        self,
        p4port: str | None = None,
        p4user: str | None = None,
        p4passwd: Any = None,
        p4base: str = "//",
        p4bin: str = "p4",
        split_file: Callable[[str], tuple[str | None, str]] = _split,
        pollInterval: float = 60 * 10,
        histmax: int | None = None,
        encoding: str = "utf8",
        project: str | None = None,
        name: str | None = None,
        use_tickets: bool = False,
        ticket_login_interval: float = 60 * 60 * 24,
        server_tz: str | None = None,
        pollAtLaunch: bool = False,
        revlink: Callable[[str, str], str] = _no_link,
        resolvewho: Callable[[str], str] = _same,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.p4port, self.p4base = p4port, p4base
        if self.name is None:
            self.name = f"P4Source:{p4port}:{p4base}"
        if use_tickets and not p4passwd:
            report('"use_tickets" needs a password ("p4passwd")', self.label)
        for key, function in (("revlink", revlink), ("resolvewho", resolvewho)):
            if not callable(function):
                report(f'"{key}" must be a function, not {shown(function)}', self.label)
        if server_tz is not None and not _is_zone(server_tz):
            report(f'"server_tz": there is no time zone {shown(server_tz)}', self.label)
        super().checkConfig(
            name, pollInterval, pollAtLaunch, pollRandomDelayMin, pollRandomDelayMax
        )

    def describe(self) -> str:
        """What it does, for people."""
        return f"p4source {self.p4port} {self.p4base}"


def _is_zone(name: Any) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        return False
    return True
