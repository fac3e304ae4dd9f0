# SPDX-License-Identifier: MIT
"""Finds new and changed pull requests at GitHub."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.changes.base import ReconfigurablePollingChangeSource
from buildbot_cfg.util.pullrequest import PullRequestMixin

_REPOSITORY_TYPES = ("https", "svn", "git", "ssh")


class GitHubPullrequestPoller(ReconfigurablePollingChangeSource, PullRequestMixin):
    """Looks for pull requests of a repository at GitHub.

    Args:
        owner: of the repository.
        repo: the repository's name.
        branches: names of target branches; None: all.
        category: of the changes; a string or a function (change).
        project: of the changes; "owner/repo" by default.
        baseURL: of the API.
        pullrequest_filter: True, False or a function (pull request) that chooses.
        token: for the API; may be a secret.
        magic_link: take the ref of the pull request instead of the source branch.
        repository_type: which of the repository's addresses: https, svn, git or ssh.
        github_property_whitelist: patterns of names that become properties.
    """

    property_basename = "github"

    _by_position = ("owner", "repo")

    def checkConfig(
        self,
        owner: str,
        repo: str,
        branches: list[str] | None = None,
        category: Any = "pull",
        project: str | None = None,
        baseURL: str | None = None,
        pullrequest_filter: Any = True,
        token: Any = None,
        magic_link: bool = False,
        repository_type: str = "https",
        github_property_whitelist: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.owner, self.repo = owner, repo
        if self.name is None:
            self.name = f"GitHubPullrequestPoller:{owner}/{repo}"
        if repository_type not in _REPOSITORY_TYPES:
            hint = did_you_mean(str(repository_type), _REPOSITORY_TYPES)
            what = f'"repository_type" must be one of {", ".join(_REPOSITORY_TYPES)}'
            report(f"{what}, not {shown(repository_type)}{hint}", self.label)
        super().checkConfig(name=self.name, **kwargs)

    def describe(self) -> str:
        """What it does, for people."""
        return f"GitHubPullrequestPoller watching the GitHub repository {self.owner}/{self.repo}"
