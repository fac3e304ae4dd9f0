# SPDX-License-Identifier: MIT
"""Takes numbers and stores them."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._errors import report
from buildbot_cfg.statistics.storage_backends.base import StatsStorageBase
from buildbot_cfg.util.service import BuildbotService


class StatsService(BuildbotService):
    """Stores the numbers that its back ends want.

    Args:
        storage_backends: a list such as ``[statistics.InfluxStorageService(...)]``.
    """

    def checkConfig(self, storage_backends: list[Any]) -> Any:
        """Reports what is wrong with the arguments."""
        if not check_type(self.label, "storage_backends", storage_backends, list, tuple):
            return
        for backend in storage_backends:
            if not isinstance(backend, StatsStorageBase):
                what = f'"storage_backends" must hold storage services, not {shown(backend)}'
                report(what, self.label)
