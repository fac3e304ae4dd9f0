# SPDX-License-Identifier: MIT
"""Results at Gerrit's verify-status plugin."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.base import StartEndReporter


class GerritVerifyStatusPush(StartEndReporter):
    """Tells Gerrit's verify-status plugin of builds.

    Args:
        baseURL: Gerrit's web address.
        auth: user and password; may be secrets.
        verification_name: name of the result; may be a renderable.
        abstain: whether the result does not count.
        category: of the result; may be a renderable.
        reporter: who reports; may be a renderable.
        verbose: log each result.
        debug: log requests.
        verify: whether to check certificates.
        generators: what to report; start and end of all builds by default.
    """

    name = "GerritVerifyStatusPush"

    def checkConfig(
        self,
        baseURL: str,
        auth: Any,
        verification_name: Any = None,
        abstain: bool = False,
        category: Any = None,
        reporter: Any = None,
        verbose: bool = False,
        debug: bool | None = None,
        verify: bool | None = None,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators=generators, **kwargs)
