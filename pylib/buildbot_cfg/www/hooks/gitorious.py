# SPDX-License-Identifier: MIT
"""Requests of Gitorious."""

from __future__ import annotations

from buildbot_cfg.www.hooks.base import BaseHookHandler


class GitoriousHandler(BaseHookHandler):
    """Requests of Gitorious."""


gitorious = GitoriousHandler
