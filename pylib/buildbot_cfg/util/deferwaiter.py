# SPDX-License-Identifier: MIT
"""Waiting for everything that was begun and not awaited."""

from __future__ import annotations

import asyncio
from typing import Any

from buildbot_cfg import _bridge, _tasks

__all__ = ["DeferWaiter"]


class DeferWaiter:
    """Collects Deferreds, tasks and futures; ``wait`` waits until all are done.

    Example:
        >>> waiter = DeferWaiter()
        >>> waiter.has_waited()
        False
    """

    def __init__(self) -> None:
        self._waited: set[asyncio.Future[Any]] = set()

    def add(self, d: Any) -> Any:
        """Begins to wait for it; what it fails with is logged. Returns ``d``; None is accepted."""
        if d is None:
            return None
        task = asyncio.ensure_future(self._followed(d))
        self._waited.add(task)
        task.add_done_callback(self._waited.discard)
        return d

    async def _followed(self, d: Any) -> None:
        try:
            await _tasks.awaited(d)
        except Exception as error:
            _bridge.log("error", f"nobody waited for this, and it failed: {error!r}")

    def has_waited(self) -> bool:
        """Whether something is not done yet."""
        return bool(self._waited)

    @_tasks.started
    async def wait(self) -> None:
        """Waits until all are done, also those that are added meanwhile."""
        while self._waited:
            await asyncio.wait(set(self._waited))
