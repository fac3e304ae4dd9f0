# SPDX-License-Identifier: MIT
"""Finds new commits of a Mercurial repository."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.changes.base import ReconfigurablePollingChangeSource


def _no_link(branch: str, revision: str) -> str:
    return ""


class HgPoller(ReconfigurablePollingChangeSource):
    """Looks for new commits in a Mercurial repository.

    Args:
        repourl: the repository.
        branch: one branch.
        branches: a list of branches.
        bookmarks: a list of bookmarks.
        workdir: where the commits are kept; required.
        hgbin: the hg program.
        usetimestamps: take the commits' times.
        category: of the changes.
        project: of the changes.
        encoding: of the commits' texts.
        revlink: a function (branch, revision) that gives a URL.
    """

    _by_position = ("repourl",)

    def checkConfig(
        self,
        repourl: str,
        branch: str | None = None,
        branches: list[str] | None = None,
        bookmarks: list[str] | None = None,
        workdir: str | None = None,
        pollInterval: float = 10 * 60,
        hgbin: str = "hg",
        usetimestamps: bool = True,
        category: Any = None,
        project: str = "",
        encoding: str = "utf-8",
        name: str | None = None,
        pollAtLaunch: bool = False,
        revlink: Callable[[str, str], str] = _no_link,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.repourl = repourl
        self._take_name(repourl, branch, branches, bookmarks)
        if branch and branches:
            report('"branch" and "branches" exclude each other', self.label)
        if not callable(revlink):
            report('"revlink" must be a function (branch, revision)', self.label)
        if workdir is None:
            report('argument "workdir" is missing: workdir is mandatory', self.label)
        super().checkConfig(
            name, pollInterval, pollAtLaunch, pollRandomDelayMin, pollRandomDelayMax
        )

    def _take_name(self, repourl: str, branch: Any, branches: Any, bookmarks: Any) -> None:
        if self.name is not None:
            return
        parts = [repourl]
        for given in ([branch] if branch else branches, bookmarks):
            if isinstance(given, Iterable):
                parts.extend(str(item) for item in given)
        self.name = "_".join(str(part) for part in parts)

    def describe(self) -> str:
        """What it does, for people."""
        return f"HgPoller watching the remote Mercurial repository '{self.repourl}'"
