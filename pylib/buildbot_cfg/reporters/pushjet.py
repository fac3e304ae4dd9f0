# SPDX-License-Identifier: MIT
"""Reports to telephones by Pushjet."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.reporters.base import EndReporter


class PushjetNotifier(EndReporter):
    """Sends messages by Pushjet.

    Args:
        secret: of the service; may be a secret.
        levels: importance by result.
        base_url: of the server.
        generators: what to report; the end of all builds by default.
    """

    def checkConfig(
        self,
        secret: Any,
        levels: dict[str, int] | None = None,
        base_url: str = "https://api.pushjet.io",
        generators: list[Any] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators)
