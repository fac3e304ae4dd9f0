# SPDX-License-Identifier: MIT
"""Watches the policy thread: reports what blocks it, and breaks callbacks that take too long."""

from __future__ import annotations

import asyncio
import functools
import inspect
import signal
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Generator
from typing import Any

from buildbot_cfg import _bridge, _tasks
from buildbot_cfg._where import user_place

# By default it is ignored: one that comes late, or to a child process, does nothing.
_SIGNAL = signal.SIGURG


class DeadlineExceeded(BaseException):
    """Raised inside a callback that took too long; not an Exception, which callbacks swallow."""


class PolicyWatch:
    """A thread that looks after the policy thread.

    Args:
        loop: the policy loop.
        report_after_s: the policy thread's stack is logged when it is blocked for so long.
        callback_deadline_s: callbacks given to :func:`ask` may take so long.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, report_after_s: float, callback_deadline_s: float
    ) -> None:
        self._loop = loop
        self._policy_thread = threading.get_ident()
        self._ended = threading.Event()
        self._asked_at: float | None = None
        self.set(report_after_s, callback_deadline_s)
        # Only the main thread may install handlers, and it is the policy thread.
        signal.signal(_SIGNAL, _break_callback)
        self._thread = threading.Thread(target=self._watch, name="policy watch", daemon=True)
        self._thread.start()

    def set(self, report_after_s: float, callback_deadline_s: float) -> None:
        """Changes the limits."""
        self.report_after_s, self.callback_deadline_s = report_after_s, callback_deadline_s
        self._report_at = report_after_s
        self._period = min(report_after_s, callback_deadline_s, 1.0) / 2

    def watches(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether it looks after this loop."""
        return self._loop is loop

    def stop(self) -> None:
        """Ends the thread."""
        self._ended.set()
        self._thread.join(1.0)
        signal.signal(_SIGNAL, signal.SIG_DFL)

    def _watch(self) -> None:
        while not self._ended.wait(self._period):
            if _callback_ends_at is not None and time.monotonic() >= _callback_ends_at:
                signal.pthread_kill(self._policy_thread, _SIGNAL)
            try:
                self._look()
            except RuntimeError:  # the loop is closed
                return

    def _look(self) -> None:
        asked_at = self._asked_at
        if asked_at is None:
            self._asked_at = time.monotonic()
            self._loop.call_soon_threadsafe(self._answer)
            return
        blocked_s = time.monotonic() - asked_at
        if blocked_s >= self._report_at:
            self._report_at *= 10
            self._report(blocked_s)

    def _report(self, blocked_s: float) -> None:
        frame = sys._current_frames().get(self._policy_thread)
        stack = "".join(traceback.format_stack(frame)) if frame is not None else "no Python code"
        where = user_place(frame)
        text = f"user code blocks the policy thread for {blocked_s:.1f} s"
        if where is not None:
            text += f" at {where[0]}:{where[1]}"
        text += "; other Python code waits\n" + stack.rstrip("\n")
        _bridge.log("warning", text)

    def _answer(self) -> None:
        if self._asked_at is not None and self._report_at > self.report_after_s:
            blocked_s = time.monotonic() - self._asked_at
            _bridge.log("warning", f"the policy thread is free again after {blocked_s:.1f} s")
        self._report_at = self.report_after_s
        self._asked_at = None


_watch: PolicyWatch | None = None
_callback_ends_at: float | None = None  # of the callback that runs now; written by policy only


def configure(report_after_s: float, callback_deadline_s: float) -> None:
    """Starts the watch of the running loop, or changes its limits."""
    global _watch
    loop = asyncio.get_running_loop()
    if _watch is None or not _watch.watches(loop):
        stop()
        _watch = PolicyWatch(loop, report_after_s, callback_deadline_s)
    else:
        _watch.set(report_after_s, callback_deadline_s)


def stop() -> None:
    """Ends the watch."""
    global _watch
    if _watch is not None:
        _watch.stop()
        _watch = None


async def ask(function: Callable[..., Any], *args: Any) -> Any:
    """Calls a callback on which the engine waits; its answer may come later.

    Raises:
        TimeoutError: it took too long and was broken.
    """
    if _watch is None:
        return await _tasks.awaited(function(*args))
    limit_s = _watch.callback_deadline_s
    end = time.monotonic() + limit_s
    try:
        answer = _within(end, function, *args)
        if not inspect.isawaitable(answer):
            return answer
        return await asyncio.wait_for(_stepwise(answer, end), end - time.monotonic())
    except DeadlineExceeded as broken:
        raise TimeoutError(f"timed out after {limit_s:g} s at {broken}") from None
    except asyncio.TimeoutError:
        if time.monotonic() < end:
            raise
        name = getattr(function, "__qualname__", repr(function))
        raise TimeoutError(f"{name} timed out after {limit_s:g} s") from None


async def follow(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls user code on which nobody waits in a hurry: it may wait, but never run, for long.

    Raises:
        TimeoutError: its code ran too long and was broken.
    """
    if _watch is None:
        return await _tasks.awaited(function(*args, **kwargs))
    limit_s = _watch.callback_deadline_s
    try:
        answer = _within(time.monotonic() + limit_s, functools.partial(function, *args, **kwargs))
        if not inspect.isawaitable(answer):
            return answer
        return await _steps(_tasks.awaited(answer), lambda: time.monotonic() + limit_s)
    except DeadlineExceeded as broken:
        raise TimeoutError(f"timed out after {limit_s:g} s at {broken}") from None


def _within(end: float, function: Callable[..., Any], *args: Any) -> Any:
    global _callback_ends_at
    try:
        try:
            _callback_ends_at = end
            return function(*args)
        finally:
            _callback_ends_at = None
    except DeadlineExceeded:
        _callback_ends_at = None  # it may have come just before the line above
        raise


async def _stepwise(answer: Any, end: float) -> Any:
    return await _steps(_tasks.awaited(answer), lambda: end)


@types.coroutine
def _steps(coroutine: Any, end: Callable[[], float]) -> Generator[Any, Any, Any]:
    """Awaits for a callback no step of which may run longer than until ``end()``."""
    send, value = coroutine.send, None
    while True:
        try:
            yielded = _within(end(), send, value)
        except StopIteration as stop:
            return stop.value
        try:
            send, value = coroutine.send, (yield yielded)
        except BaseException as error:
            send, value = coroutine.throw, error


def _break_callback(_number: int, frame: types.FrameType | None) -> None:
    if _callback_ends_at is None or time.monotonic() < _callback_ends_at:
        return
    where = user_place(frame)
    raise DeadlineExceeded("an unknown place" if where is None else f"{where[0]}:{where[1]}")
