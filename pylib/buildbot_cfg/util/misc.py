# SPDX-License-Identifier: MIT
"""Small things for asynchronous code."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from buildbot_cfg import _tasks

__all__ = ["chunkify_list", "deferredLocked"]


def deferredLocked(lock_or_attr: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: only one call runs at a time; the others wait.

    Args:
        lock_or_attr: a DeferredLock or asyncio.Lock, or the name of the object's attribute with it.
    """

    def decorate(fn: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(fn)
        @_tasks.begun
        async def call(*args: Any, **kwargs: Any) -> Any:
            lock = lock_or_attr
            if isinstance(lock, str):
                lock = getattr(args[0], lock)
            await lock.acquire()
            try:
                return await _tasks.awaited(fn(*args, **kwargs))
            finally:
                lock.release()

        return call

    return decorate


def chunkify_list(l: list[Any], chunk_size: int) -> Iterator[list[Any]]:  # noqa: E741
    """The list in pieces of at most ``chunk_size``.

    Example:
        >>> list(chunkify_list([1, 2, 3], 2))
        [[1, 2], [3]]
    """
    size = max(1, chunk_size)
    return (l[at : at + size] for at in range(0, len(l), size))
