# SPDX-License-Identifier: MIT
"""Changes from mails in a Maildir."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.changes.base import ChangeSource


class MaildirSource(ChangeSource):
    """Reads mails of a Maildir; subclasses understand them.

    Args:
        maildir: the folder.
        prefix: what paths of files must begin with; it is cut off.
        category: of the changes.
        repository: of the changes.
    """

    def checkConfig(
        self,
        maildir: str,
        prefix: str | None = None,
        category: Any = "",
        repository: str = "",
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.basedir, self.prefix = maildir, prefix
        self.category, self.repository = category, repository

    def _default_name(self) -> str:
        return type(self).__name__

    def describe(self) -> str:
        """What it does, for people."""
        return f"{type(self).__name__} watching maildir '{self.basedir}'"


class CVSMaildirSource(MaildirSource):
    """Mails of CVS's buildbot_cvs_mail.py.

    Args:
        maildir: the folder.
        prefix: what paths of files must begin with; it is cut off.
        category: of the changes.
        repository: of the changes.
        properties: of the changes.
    """

    name = "CVSMaildirSource"

    def checkConfig(
        self,
        maildir: str,
        prefix: str | None = None,
        category: Any = "",
        repository: str = "",
        properties: dict[str, Any] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(maildir, prefix, category, repository)
        self.properties = properties or {}


class SVNCommitEmailMaildirSource(MaildirSource):
    """Mails of Subversion's commit-email.pl."""

    name = "SVN commit-email.pl"


class BzrLaunchpadEmailMaildirSource(MaildirSource):
    """Mails of Launchpad about Bazaar branches.

    Args:
        maildir: the folder.
        prefix: what paths of files must begin with; it is cut off.
        branchMap: names of branches by Launchpad's names.
        defaultBranch: the branch of all others.
    """

    name = "Launchpad"
    compare_attrs = ("branchMap", "defaultBranch")

    def checkConfig(
        self,
        maildir: str,
        prefix: str | None = None,
        branchMap: dict[str, str] | None = None,
        defaultBranch: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(maildir, prefix, **kwargs)
        self.branchMap, self.defaultBranch = branchMap, defaultBranch
