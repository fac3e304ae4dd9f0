# SPDX-License-Identifier: MIT
"""Statuses at GitLab."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.base import ReporterBase, start_end_generators

HOSTED_BASE_URL = "https://gitlab.com"


class GitLabStatusPush(ReporterBase):
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
        if generators is None:
            generators = start_end_generators()
        super().checkConfig(generators=generators, **kwargs)
