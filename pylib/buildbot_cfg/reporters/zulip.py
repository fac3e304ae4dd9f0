# SPDX-License-Identifier: MIT
"""Reports to Zulip."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import check_type
from buildbot_cfg.reporters.base import StartEndReporter


class ZulipStatusPush(StartEndReporter):
    """Sends start and end of builds to a Zulip.

    Args:
        endpoint: address of the Zulip.
        token: of the integration.
        stream: which stream; None: a private message.
        debug: log requests.
        verify: whether to check certificates.
    """

    name = "ZulipStatusPush"

    def checkConfig(
        self,
        endpoint: str,
        token: str,
        stream: str | None = None,
        debug: bool | None = None,
        verify: bool | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        check_type(self.label, "endpoint", endpoint, str)
        check_type(self.label, "token", token, str)
        super().checkConfig(None)
