# SPDX-License-Identifier: MIT
"""Rows of builds."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass
class BuildModel:
    """One build."""

    id: int
    number: int
    builderid: int
    buildrequestid: int
    workerid: int | None
    masterid: int
    started_at: datetime.datetime
    complete_at: datetime.datetime | None
    locks_duration_s: int | None
    state_string: str
    results: int | None
