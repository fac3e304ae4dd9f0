# SPDX-License-Identifier: MIT
"""What back ends for numbers have in common."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import Declared


class StatsStorageBase(metaclass=Declared):
    """Stores numbers; subclasses implement ``thd_postStatsValue``."""

    def thd_postStatsValue(self, post_data: Any, series_name: str, context: Any = None) -> Any:
        """Stores one number."""
        raise NotImplementedError(f"{type(self).__name__} has no thd_postStatsValue()")
