# SPDX-License-Identifier: MIT
"""What parts of a database connector have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from buildbot_cfg.util.service import AsyncService

__all__ = ["DBConnectorComponent"]


class DBConnectorComponent(AsyncService):
    """Base of a user's own part of a database connector: methods that use ``self.db.pool``.

    Args:
        connector: the connector that it belongs to, which becomes ``self.db``.

    Example:
        >>> DBConnectorComponent(None).hashColumns("a", None, "b")
        '878eabe8461ccc390f2af811f000b6ad29fa93b9'
    """

    __module__ = "buildbot.db.base"
    data2db: dict[str, str] = {}

    def __init__(self, connector: Any) -> None:
        self.db = connector

    def hashColumns(self, *args: Any) -> str:
        """A digest of values, for columns that are too long for an index."""
        parts = (b"\xf5" if arg is None else str(arg).encode() for arg in args)
        return hashlib.sha1(b"\0".join(parts), usedforsecurity=False).hexdigest()

    def doBatch(self, batch: Iterable[Any], batch_n: int = 500) -> Iterator[list[Any]]:
        """The values in lists of at most ``batch_n``."""
        values = list(batch)
        for begin in range(0, len(values), batch_n):
            yield values[begin : begin + batch_n]
