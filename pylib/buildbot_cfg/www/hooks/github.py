# SPDX-License-Identifier: MIT
"""Requests of GitHub."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.util.pullrequest import PullRequestMixin
from buildbot_cfg.www.hooks.base import BaseHookHandler

DEFAULT_SKIPS_PATTERN = (r"\[ *skip *ci *\]", r"\[ *ci *skip *\]")
DEFAULT_GITHUB_API_URL = "https://api.github.com"


class GitHubEventHandler(PullRequestMixin):
    """Makes changes of events; users override ``handle_push``, ``handle_pull_request`` ...

    Args:
        secret: that GitHub signs requests with; may be a secret.
        strict: refuse requests without signature.
        codebase: of the changes; a string or a function (payload).
        github_property_whitelist: patterns of names that become properties.
        master: the running master.
        skips: patterns of comments whose changes are left out.
        github_api_endpoint: address of the API.
        pullrequest_ref: "merge" or "head".
        token: for the API; may be a secret.
        debug: log requests.
        verify: whether to check certificates.
    """

    property_basename = "github"

    def __init__(
        self,
        secret: Any,
        strict: bool,
        codebase: Any = None,
        github_property_whitelist: list[str] | None = None,
        master: Any = None,
        skips: Any = None,
        github_api_endpoint: str | None = None,
        pullrequest_ref: str | None = None,
        token: Any = None,
        debug: bool = False,
        verify: bool = False,
    ) -> None:
        if strict and not secret:
            report('"strict" needs "secret"', type(self).__name__)
        self._secret, self._strict, self._token = secret, strict, token
        self._codebase, self.master = codebase, master
        self.pullrequest_ref = pullrequest_ref or "merge"
        self.external_property_whitelist = github_property_whitelist or []
        self.skips = DEFAULT_SKIPS_PATTERN if skips is None else skips
        self.github_api_endpoint = github_api_endpoint or DEFAULT_GITHUB_API_URL
        self.debug, self.verify = debug, verify


class GitHubHandler(BaseHookHandler):
    """Gives events to a GitHubEventHandler: ``options["class"]`` or the stock one."""


github = GitHubHandler
