# SPDX-License-Identifier: MIT
"""Finds new commits of a Subversion repository."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg.changes.base import ReconfigurablePollingChangeSource


class SVNFile:
    """Where a changed file belongs."""

    def __init__(self, project: str, branch: str | None, path: str) -> None:
        self.project, self.branch, self.path = project, branch, path


def split_file_alwaystrunk(path: str) -> dict[str, str]:
    """Every file belongs to the trunk.

    Example:
        >>> split_file_alwaystrunk("a/b.c")
        {'path': 'a/b.c'}
    """
    return {"path": path}


def split_file_branches(path: str) -> tuple[str | None, str] | None:
    """Branch and path of a file below trunk/ or branches/NAME/; None: neither.

    Example:
        >>> split_file_branches("branches/1.x/a.c")
        ('branches/1.x', 'a.c')
    """
    pieces = path.split("/")
    if len(pieces) > 1 and pieces[0] == "trunk":
        return None, "/".join(pieces[1:])
    if len(pieces) > 2 and pieces[0] == "branches":
        return "/".join(pieces[:2]), "/".join(pieces[2:])
    return None


def split_file_projects_branches(path: str) -> dict[str, str] | None:
    """Project, branch and path of a file below PROJECT/trunk/ or PROJECT/branches/NAME/.

    Example:
        >>> split_file_projects_branches("app/trunk/a.c")
        {'project': 'app', 'path': 'a.c'}
    """
    project, slash, rest = path.partition("/")
    if not slash:
        return None
    found = split_file_branches(rest)
    if found is None:
        return None
    parts = {"project": project, "path": found[1]}
    if found[0]:
        parts["branch"] = found[0]
    return parts


class SVNPoller(ReconfigurablePollingChangeSource):
    """Looks for new commits in a Subversion repository.

    Args:
        repourl: the repository, or a folder of it.
        split_file: a function (path) that gives branch and path (see ``util.svn``).
        svnuser: who to be.
        svnpasswd: the password; may be a secret.
        histmax: commits at most that one look asks for.
        svnbin: the svn program.
        revlinktmpl: a template of URLs with ``%s`` for the revision.
        category: of the changes.
        project: of the changes.
        cachepath: a file that keeps the last revision.
        extra_args: further arguments for svn.
    """

    _by_position = ("repourl",)

    def checkConfig(
        self,
        repourl: str,
        split_file: Callable[[str], Any] | None = None,
        svnuser: str | None = None,
        svnpasswd: Any = None,
        pollInterval: float = 10 * 60,
        histmax: int = 100,
        svnbin: str = "svn",
        revlinktmpl: str = "",
        category: Any = None,
        project: str = "",
        cachepath: str | None = None,
        extra_args: list[str] | None = None,
        name: str | None = None,
        pollAtLaunch: bool = False,
        pollRandomDelayMin: float = 0,
        pollRandomDelayMax: float = 0,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.repourl = repourl
        if self.name is None:
            self.name = str(repourl)
        super().checkConfig(
            name, pollInterval, pollAtLaunch, pollRandomDelayMin, pollRandomDelayMax
        )

    def describe(self) -> str:
        """What it does, for people."""
        return f"SVNPoller: watching {self.repourl}"
