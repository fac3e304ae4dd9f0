# SPDX-License-Identifier: MIT
"""Coroutine methods that start when called, awaited or not (many steps do not await ``addURL``)."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_unawaited: set[asyncio.Future[Any]] = set()


def started(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, asyncio.Task[T]]:
    """Decorator: the call makes a task; the loop keeps it alive until it is done."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(function(*args, **kwargs))
        _unawaited.add(task)
        task.add_done_callback(_unawaited.discard)
        live = getattr(args[0], "_live", None) if args else None
        if live is not None:
            live.tasks.add(task)
        return task

    return call
