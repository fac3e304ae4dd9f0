# SPDX-License-Identifier: MIT
"""Requests of Bitbucket Server."""

from __future__ import annotations

from buildbot_cfg.www.hooks._bitbucket import BitbucketEventHandler


class BitbucketServerEventHandler(BitbucketEventHandler):
    """Makes changes of the requests of Bitbucket Server."""


bitbucketserver = BitbucketServerEventHandler
