# SPDX-License-Identifier: MIT
"""What the dialects of Bitbucket have in common."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.util.pullrequest import PullRequestMixin


class BitbucketEventHandler(PullRequestMixin):
    """Makes changes of the requests of a Bitbucket.

    Args:
        master: the running master.
        options: the dialect's value in c["www"]["change_hook_dialects"].
    """

    property_basename = "bitbucket"

    def __init__(self, master: Any, options: dict[str, Any] | None = None) -> None:
        self.master, self.options = master, options or {}
        self.external_property_whitelist = self.options.get("bitbucket_property_whitelist", [])
