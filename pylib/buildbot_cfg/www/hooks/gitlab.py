# SPDX-License-Identifier: MIT
"""Requests of GitLab."""

from __future__ import annotations

from buildbot_cfg.www.hooks.base import BaseHookHandler


class GitLabHandler(BaseHookHandler):
    """Requests of GitLab."""


gitlab = GitLabHandler
