# SPDX-License-Identifier: MIT
"""What bridges ``async def`` and Deferreds; importing it does not load Twisted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from buildbot_cfg import _tasks

__all__ = ["any_to_async", "async_to_deferred"]

P = ParamSpec("P")
T = TypeVar("T")


def async_to_deferred(fn: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Awaitable[T]]:
    """Decorator: calls begin at once and give a Deferred (a task as long as Twisted is not used).

    Example:
        >>> @async_to_deferred
        ... async def answer():
        ...     return 42
    """
    return _tasks.begun(fn)


async def any_to_async(value: Any) -> Any:
    """Waits for a Deferred, coroutine or future; anything else is the answer itself."""
    return await _tasks.awaited(value)
