# SPDX-License-Identifier: MIT
"""Rows and messages as the engine gives them, made what user code gets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from buildbot_cfg.util import datetime2epoch, epoch2datetime

_TIMES = frozenset(
    {
        "claimed_at",
        "complete_at",
        "created_at",
        "last_active",
        "locks_acquired_at",
        "started_at",
        "submitted_at",
    }
)


def from_wire(value: Any, is_event: bool = False) -> Any:
    """Rows as Buildbot's data API gives them: times as datetimes, except in buildsets.

    Messages of complete buildsets have datetimes, too.

    Args:
        value: rows, a row or a message.
        is_event: it is a message: a dict of pairs is a set of properties.
    """
    if isinstance(value, list):
        return [from_wire(item) for item in value]
    if not isinstance(value, dict):
        return value
    if is_event and value and all(_is_sourced(item) for item in value.values()):
        return pairs(value)
    keeps_epochs = "bsid" in value and not (is_event and value.get("complete"))
    return {
        key: pairs(item) if key == "properties" else _field(key, item, keeps_epochs)
        for key, item in value.items()
    }


def pairs(properties: Any) -> Any:
    """Properties with tuples of value and source."""
    if not isinstance(properties, dict):
        return properties
    return {name: tuple(item) if _is_sourced(item) else item for name, item in properties.items()}


def _is_sourced(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and isinstance(item[1], str)


def _field(key: str, value: Any, keeps_epochs: bool) -> Any:
    if key in _TIMES and isinstance(value, (int, float)):
        return value if keeps_epochs else epoch2datetime(value)
    return from_wire(value) if isinstance(value, (dict, list)) else value


def to_wire(value: Any) -> Any:
    """A value that rows are compared with."""
    return datetime2epoch(value) if isinstance(value, datetime) else value
