# SPDX-License-Identifier: MIT
"""Numbers in InfluxDB."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import quoted
from buildbot_cfg.statistics.storage_backends.base import StatsStorageBase
from buildbot_cfg.worker.latent import needs


class InfluxStorageService(StatsStorageBase):
    """Stores numbers in InfluxDB.

    Args:
        url: host.
        port: of the database.
        user: who to be.
        password: may be a secret.
        db: the database's name.
        captures: a list such as ``[statistics.CaptureProperty(...)]``.
        name: unique among them.
    """

    def __init__(
        self,
        url: str,
        port: int,
        user: Any,
        password: Any,
        db: str,
        captures: list[Any],
        name: str = "InfluxStorageService",
    ) -> None:
        self.url, self.port, self.user, self.password = url, port, user, password
        self.db, self.captures, self.name = db, captures, name
        needs(quoted("InfluxStorageService", name), "influxdb")
