# SPDX-License-Identifier: MIT
"""Requests that ask pollers to look."""

from __future__ import annotations

from buildbot_cfg.www.hooks.base import BaseHookHandler


class PollingHandler(BaseHookHandler):
    """Requests that ask pollers to look."""


poller = PollingHandler
