# SPDX-License-Identifier: MIT
"""Rows of build requests."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


class AlreadyClaimedError(Exception):
    """Somebody else has claimed the request."""


class NotClaimedError(Exception):
    """Nobody, or somebody else, has claimed the request."""


@dataclass
class BuildRequestModel:
    """One build request."""

    buildrequestid: int
    buildsetid: int
    builderid: int
    buildername: str
    submitted_at: datetime.datetime
    complete_at: datetime.datetime | None = None
    complete: bool = False
    results: int | None = None
    waited_for: bool = False
    priority: int = 0
    claimed_at: datetime.datetime | None = None
    claimed_by_masterid: int | None = None
    branch: str | None = None
    repository: str | None = None
    codebase: str | None = None

    @property
    def claimed(self) -> bool:
        """Whether a master has claimed it."""
        return self.claimed_at is not None
