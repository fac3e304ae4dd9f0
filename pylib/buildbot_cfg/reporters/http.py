# SPDX-License-Identifier: MIT
"""Reports as HTTP requests."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.base import StartEndReporter


class HttpStatusPush(StartEndReporter):
    """Posts each report to an address, as JSON.

    Args:
        serverUrl: the address.
        auth: user and password; may be secrets.
        headers: further headers; may be secrets.
        debug: log requests.
        verify: whether to check certificates.
        cert: a file with a certificate, or a pair of certificate and key.
        skip_encoding: send the text as it is.
        generators: what to report; start and end of all builds by default.
    """

    name = "HttpStatusPush"
    secrets = ("auth",)

    def checkConfig(
        self,
        serverUrl: str,
        auth: Any = None,
        headers: dict[str, Any] | None = None,
        debug: bool | None = None,
        verify: bool | None = None,
        cert: Any = None,
        skip_encoding: bool = False,
        generators: list[Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators=generators, **kwargs)
