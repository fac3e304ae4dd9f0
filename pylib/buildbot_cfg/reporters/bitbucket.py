# SPDX-License-Identifier: MIT
"""Statuses at Bitbucket Cloud."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.reporters.base import StartEndReporter


class BitbucketStatusPush(StartEndReporter):
    """Sets the status of commits at Bitbucket Cloud.

    Args:
        oauth_key: with oauth_secret, one way to log in; may be secrets.
        oauth_secret: see oauth_key.
        auth: user and app password, the other way.
        base_url: of the API.
        oauth_url: where tokens come from.
        debug: log requests.
        verify: whether to check certificates.
        status_key: key of the status; may be a renderable.
        status_name: name of the status; may be a renderable.
        generators: what to report; start and end of all builds by default.
    """

    name = "BitbucketStatusPush"

    def checkConfig(
        self,
        oauth_key: Any = None,
        oauth_secret: Any = None,
        auth: Any = None,
        base_url: str = "https://api.bitbucket.org/2.0/repositories",
        oauth_url: str = "https://bitbucket.org/site/oauth2/access_token",
        debug: bool | None = None,
        verify: bool | None = None,
        status_key: Any = None,
        status_name: Any = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        if auth is not None and (oauth_key is not None or oauth_secret is not None):
            report('"auth" and "oauth_key", "oauth_secret" exclude each other', self.label)
        super().checkConfig(generators=generators, **kwargs)
