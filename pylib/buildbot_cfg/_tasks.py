# SPDX-License-Identifier: MIT
"""The one place where answers that come later are made, and where users' answers are waited for.

Methods that users call give an asyncio Task; once Twisted is imported, a real Deferred.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

Promise = Callable[[Coroutine[Any, Any, Any]], Any]

_unawaited: set[asyncio.Future[Any]] = set()
_promise: Promise | None = None


def use_promise(promise: Promise | None) -> None:
    """From now on users get what ``promise`` makes of a coroutine; None: tasks."""
    global _promise
    _promise = promise


def gives_promises() -> bool:
    """Whether users get Deferreds."""
    return _promise is not None


async def awaited(value: Any) -> Any:
    """What a user's function gave, however: a Deferred, coroutine, future, or the plain value."""
    return await value if inspect.isawaitable(value) else value


class _Done:
    """An answer that is there already: may be awaited, need not be."""

    def __await__(self) -> Iterator[Any]:
        return iter(())


_DONE = _Done()


def done() -> Any:
    """What verbs return that have nothing to wait for."""
    return _DONE if _promise is None else _promise(_nothing())


async def _nothing() -> None:
    pass


def started(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Awaitable[T]]:
    """Decorator: the call begins at once, awaited or not (many steps do not await ``addURL``).

    A step does not end before what it started so.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        coroutine = function(*args, **kwargs)
        live = getattr(args[0], "_live", None) if args else None
        if _promise is not None:
            made: Awaitable[T] = _promise(coroutine if live is None else live.counted(coroutine))
            return made
        task = asyncio.get_running_loop().create_task(coroutine)
        _keep(task, _unawaited if live is None else live.tasks)
        return task

    return call


def begun(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Awaitable[T]]:
    """Decorator: the same for users' own functions; no step waits for them."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        coroutine = function(*args, **kwargs)
        if _promise is not None:
            made: Awaitable[T] = _promise(coroutine)
            return made
        task = asyncio.get_running_loop().create_task(coroutine)
        _keep(task, _unawaited)
        return task

    return call


def promised(
    function: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Awaitable[T]]:
    """Decorator: the call gives a coroutine, or a Deferred once Twisted is imported."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
        coroutine = function(*args, **kwargs)
        if _promise is None:
            return coroutine
        made: Awaitable[T] = _promise(coroutine)
        return made

    return call


def _keep(task: asyncio.Task[Any], tasks: set[asyncio.Future[Any]]) -> None:
    tasks.add(task)
    task.add_done_callback(tasks.discard)
