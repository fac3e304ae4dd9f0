# SPDX-License-Identifier: MIT
"""Reports to telephones by Pushover."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.reporters.base import EndReporter

VALID_PARAMS = frozenset(
    {
        "sound", "callback", "timestamp", "url", "url_title", "device", "retry", "expire", "html",
    }
)  # fmt: skip


class PushoverNotifier(EndReporter):
    """Sends messages by Pushover.

    Args:
        user_key: of who gets them; may be a secret.
        api_token: of the application; may be a secret.
        priorities: by result.
        otherParams: further settings: sound, callback, timestamp, url, url_title, device, retry,
            expire, html.
        generators: what to report; the end of all builds by default.
    """

    def checkConfig(
        self,
        user_key: Any,
        api_token: Any,
        priorities: dict[str, int] | None = None,
        otherParams: dict[str, Any] | None = None,
        generators: list[Any] | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(generators)
        if otherParams is not None and not isinstance(otherParams, dict):
            report(f'"otherParams" must be a dict, not {shown(otherParams)}', self.label)
            return
        for key in (otherParams or {}).keys() - VALID_PARAMS:
            hint = did_you_mean(str(key), VALID_PARAMS)
            what = f'unknown key {shown(key)} in "otherParams"{hint}: only'
            report(f"{what} {', '.join(sorted(VALID_PARAMS))} are possible", self.label)
