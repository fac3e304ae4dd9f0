# SPDX-License-Identifier: MIT
"""Finds new and changed pull requests at Bitbucket."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.changes.base import ReconfigurablePollingChangeSource
from buildbot_cfg.util.pullrequest import PullRequestMixin


class BitbucketPullrequestPoller(ReconfigurablePollingChangeSource, PullRequestMixin):
    """Looks for pull requests of a repository at Bitbucket.

    Args:
        owner: of the repository.
        slug: the repository's short name.
        branch: target branches: a string or a list; None: all.
        useTimestamps: take the pull requests' times.
        category: of the changes; a string or a function (change).
        project: of the changes.
        pullrequest_filter: True, False or a function (pull request) that chooses.
        auth: user and password.
        bitbucket_property_whitelist: patterns of names that become properties.
    """

    property_basename = "bitbucket"

    _by_position = ("owner", "slug")

    def checkConfig(
        self,
        owner: str,
        slug: str,
        branch: str | list[str] | None = None,
        pollInterval: float = 10 * 60,
        useTimestamps: bool = True,
        category: Any = None,
        project: str = "",
        pullrequest_filter: Any = True,
        pollAtLaunch: bool = False,
        auth: Any = None,
        bitbucket_property_whitelist: list[str] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.owner, self.slug = owner, slug
        self.name = f"{owner}/{slug}"
        super().checkConfig(self.name, pollInterval, pollAtLaunch)

    def describe(self) -> str:
        """What it does, for people."""
        return f"BitbucketPullrequestPoller watching the Bitbucket repository {self.name}"
