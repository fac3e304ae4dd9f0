# SPDX-License-Identifier: MIT
"""What the groups of ``master.db`` have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from buildbot_cfg.data.resultspec import Filter

Get = Callable[..., Awaitable[Any]]


class Component:
    """One group of methods.

    Args:
        get: ``master.data.get``.
    """

    def __init__(self, get: Get) -> None:
        self._get = get

    def checkLength(self, col: Any, value: Any) -> None:
        """Accepted: the database takes texts of any length, or cuts them."""

    async def _rows(self, path: tuple[Any, ...], spec: Any = None, **wanted: Any) -> list[Any]:
        """Rows whose fields have the wanted values; None: any."""
        filters = [Filter(key, "eq", [value]) for key, value in wanted.items() if value is not None]
        filters += list(getattr(spec, "filters", None) or ())
        more = {key: getattr(spec, key, None) for key in ("order", "limit", "offset")}
        given = {key: value for key, value in more.items() if value is not None}
        return await self._get(path, filters=filters, **given) or []

    async def _properties(self, *path: Any) -> dict[str, tuple[Any, str]]:
        found = await self._get((*path, "properties"))
        if isinstance(found, list):
            found = found[0] if found else {}
        return {name: (value, source) for name, (value, source) in (found or {}).items()}
