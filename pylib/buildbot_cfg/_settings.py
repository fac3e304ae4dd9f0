# SPDX-License-Identifier: MIT
"""``KilnbotConfig``: settings that Buildbot does not have, in a second dict of master.cfg."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import has_type, shown, words
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._where import Location

#: Type and default of each; times in seconds.
SETTINGS: dict[str, tuple[tuple[type, ...], Any]] = {
    # The policy thread's Python stack is logged when user code blocks it for so long.
    "policy_report_after": ((int, float), 1.0),
    # collapseRequests, change filters and the like are broken after so long.
    "callback_deadline": ((int, float), 10.0),
    # A new configuration may take so long to load when the running master reads it.
    "reload_timeout": ((int, float), 120.0),
    # MiB of memory that it may use meanwhile.
    "reload_memory": ((int,), 4096),
    # A request's build after so many that ended as RETRY is an exception; None: there is no limit.
    "retry_limit": ((int,), None),
    # Seconds that such a request waits at most for its next build.
    "retry_delay": ((int,), 300),
    # Take old spellings whose meaning is beyond doubt, with a warning (_old_spellings.py).
    "lenient": ((bool,), False),
}


def settings_of(given: Any, lines: Callable[[Any], Location]) -> dict[str, Any]:
    """All settings, checked; what is wrong is reported."""
    values = {name: default for name, (_, default) in SETTINGS.items()}
    if not isinstance(given, dict):
        report(f"KilnbotConfig must be a dict, not {shown(given)}")
        return values
    for name, value in given.items():
        if name not in SETTINGS:
            hint = did_you_mean(str(name), SETTINGS)
            report(f'unknown setting "{name}" in KilnbotConfig{hint}', where=lines(name))
            continue
        kinds = SETTINGS[name][0]
        if not has_type(value, kinds):
            report(
                f'KilnbotConfig["{name}"] must be {words(kinds)}, not {shown(value)}',
                where=lines(name),
            )
        elif not isinstance(value, bool) and value <= 0:
            report(
                f'KilnbotConfig["{name}"] must be more than 0, not {shown(value)}',
                where=lines(name),
            )
        else:
            values[name] = value
    return values
