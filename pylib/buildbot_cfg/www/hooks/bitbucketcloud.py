# SPDX-License-Identifier: MIT
"""Requests of Bitbucket Cloud."""

from __future__ import annotations

from buildbot_cfg.www.hooks._bitbucket import BitbucketEventHandler


class BitbucketCloudEventHandler(BitbucketEventHandler):
    """Makes changes of the requests of Bitbucket Cloud."""


bitbucketcloud = BitbucketCloudEventHandler
