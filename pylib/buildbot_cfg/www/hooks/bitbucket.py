# SPDX-License-Identifier: MIT
"""Requests of old Bitbucket hooks."""

from __future__ import annotations

from buildbot_cfg.www.hooks.base import BaseHookHandler


class BitBucketHandler(BaseHookHandler):
    """Requests of old Bitbucket hooks."""


bitbucket = BitBucketHandler
