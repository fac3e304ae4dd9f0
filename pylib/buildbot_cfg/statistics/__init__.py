# SPDX-License-Identifier: MIT
"""Numbers about builds, for a database of time series."""

from buildbot_cfg.statistics.capture import (
    CaptureBuildDuration,
    CaptureBuildDurationAllBuilders,
    CaptureBuildEndTime,
    CaptureBuildEndTimeAllBuilders,
    CaptureBuildStartTime,
    CaptureBuildStartTimeAllBuilders,
    CaptureData,
    CaptureDataAllBuilders,
    CaptureProperty,
    CapturePropertyAllBuilders,
)
from buildbot_cfg.statistics.stats_service import StatsService
from buildbot_cfg.statistics.storage_backends.influxdb_client import InfluxStorageService

__all__ = [
    "CaptureBuildDuration",
    "CaptureBuildDurationAllBuilders",
    "CaptureBuildEndTime",
    "CaptureBuildEndTimeAllBuilders",
    "CaptureBuildStartTime",
    "CaptureBuildStartTimeAllBuilders",
    "CaptureData",
    "CaptureDataAllBuilders",
    "CaptureProperty",
    "CapturePropertyAllBuilders",
    "InfluxStorageService",
    "StatsService",
]
