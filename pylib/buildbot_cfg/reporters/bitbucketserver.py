# SPDX-License-Identifier: MIT
"""Statuses and comments at Bitbucket Server."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.reporters.base import ReporterBase, StartEndReporter
from buildbot_cfg.reporters.generators.build import BuildStatusGenerator
from buildbot_cfg.reporters.generators.buildset import BuildSetStatusGenerator


class BitbucketServerStatusPush(StartEndReporter):
    """Sets the status of commits at Bitbucket Server.

    Args:
        base_url: of the server.
        user: who does it; may be a secret.
        password: may be a secret.
        key: of the status; may be a renderable.
        statusName: of the status; may be a renderable.
        verbose: log each status.
        debug: log requests.
        verify: whether to check certificates.
        generators: what to report; start and end of all builds by default.
    """

    name = "BitbucketServerStatusPush"

    def checkConfig(
        self,
        base_url: str,
        user: Any,
        password: Any,
        key: Any = None,
        statusName: Any = None,
        verbose: bool = False,
        debug: bool | None = None,
        verify: bool | None = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators=generators, **kwargs)


class BitbucketServerCoreAPIStatusPush(StartEndReporter):
    """Sets build statuses at Bitbucket Server 7.4 or later.

    Args:
        base_url: of the server.
        token: one way to log in; may be a secret.
        auth: user and password, the other way.
        statusName: of the status; may be a renderable, as all that follow.
        statusSuffix: added to the name.
        key: of the status.
        parentName: key of the parent.
        buildNumber: number of the build.
        ref: the branch.
        duration: of the build.
        testResults: numbers of tests.
        verbose: log each status.
        debug: log requests.
        verify: whether to check certificates.
        generators: what to report; start and end of all builds by default.
    """

    name = "BitbucketServerCoreAPIStatusPush"

    def checkConfig(
        self,
        base_url: str,
        token: Any = None,
        auth: Any = None,
        statusName: Any = None,
        statusSuffix: Any = None,
        key: Any = None,
        parentName: Any = None,
        buildNumber: Any = None,
        ref: Any = None,
        duration: Any = None,
        testResults: Any = None,
        verbose: bool = False,
        debug: bool | None = None,
        verify: bool | None = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        if not base_url:
            report('"base_url" must not be empty', self.label)
        if token and auth:
            report('"token" and "auth" exclude each other', self.label)
        super().checkConfig(generators=generators, **kwargs)


class BitbucketServerPRCommentPush(ReporterBase):
    """Comments pull requests at Bitbucket Server.

    Args:
        base_url: of the server.
        user: who does it; may be a secret.
        password: may be a secret.
        verbose: log each comment.
        debug: log requests.
        verify: whether to check certificates.
        generators: what to report; the end of all builds and buildsets by default.
    """

    name = "BitbucketServerPRCommentPush"

    def checkConfig(
        self,
        base_url: str,
        user: Any,
        password: Any,
        verbose: bool = False,
        debug: bool | None = None,
        verify: bool | None = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators=generators, **kwargs)

    def _create_default_generators(self) -> list[Any]:
        return [BuildStatusGenerator(), BuildSetStatusGenerator()]
