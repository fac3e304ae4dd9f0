# SPDX-License-Identifier: MIT
"""Statuses at GitLab."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.base import StartEndReporter

HOSTED_BASE_URL = "https://gitlab.com"


class GitLabStatusPush(StartEndReporter):
    """Sets the status of commits at GitLab.

    Args:
        token: of the account that does it; may be a secret.
        context: name of the status; may be a renderable.
        baseURL: of the GitLab.
        verbose: log each status.
        debug: log requests.
        verify: whether to check certificates.
        generators: what to report; start and end of all builds by default.
    """

    name = "GitLabStatusPush"

    def checkConfig(
        self,
        token: Any,
        context: Any = None,
        baseURL: str | None = None,
        verbose: bool = False,
        debug: bool | None = None,
        verify: bool | None = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators=generators, **kwargs)
