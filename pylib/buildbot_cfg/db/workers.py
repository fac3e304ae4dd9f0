# SPDX-License-Identifier: MIT
"""Rows of workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class BuilderMasterModel:
    """A builder and a master that has it."""

    builderid: int
    masterid: int


@dataclass
class WorkerModel:
    """One worker."""

    id: int
    name: str
    workerinfo: dict[str, Any]
    paused: bool = False
    pause_reason: str | None = None
    graceful: bool = False
    configured_on: list[BuilderMasterModel] = field(default_factory=list)
    connected_to: list[int] = field(default_factory=list)

    def __getitem__(self, key: str) -> Any:
        """A field by its name, as older versions had it."""
        if not hasattr(self, key):
            raise KeyError(key)
        return getattr(self, key)
