# SPDX-License-Identifier: MIT
"""Twisted on the policy loop; nothing of it is loaded until a user's code imports it."""

from __future__ import annotations

import asyncio
import importlib
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from types import ModuleType
from typing import Any

from buildbot_cfg import _bridge, _tasks

_SHUTDOWN_S = 5.0
_REACTOR = "twisted.internet.reactor"


class _Then(importlib.abc.Loader):
    """A module's own loader, and what is to be done when the module is there."""

    def __init__(self, loader: Any, after: Callable[[ModuleType], None]) -> None:
        self._loader, self._after = loader, after

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._after(module)


class _Reactor(importlib.abc.Loader):
    """Puts the reactor in place that runs on the policy loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        asyncioreactor: Any = importlib.import_module("twisted.internet.asyncioreactor")
        del sys.modules[_REACTOR]  # install() refuses to replace anything
        asyncioreactor.install(self._loop)
        # The importing thread may be any; a loop that does not run yet does this first.
        self._loop.call_soon_threadsafe(_start, sys.modules[_REACTOR])


class TwistedFinder(importlib.abc.MetaPathFinder):
    """Sees the first import of the few modules of Twisted that have to know the policy loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.after: dict[str, Callable[[ModuleType], None]] = {
            "twisted": _seen,
            "twisted.internet.defer": teach_awaiting,
            "twisted.logger": _log_here,
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds the modules that need something done; no others."""
        if fullname not in self.after and fullname != _REACTOR:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None:
            return None
        if fullname == _REACTOR:
            spec.loader = _Reactor(self.loop)
        else:
            spec.loader = _Then(spec.loader, self.after[fullname])
        return spec


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Watches for the first import of Twisted, from whichever thread; once."""
    if any(isinstance(finder, TwistedFinder) for finder in sys.meta_path):
        return
    finder = TwistedFinder(loop)
    sys.meta_path.insert(0, finder)
    for name, after in finder.after.items():
        if name in sys.modules:
            after(sys.modules[name])


def child_ended() -> None:
    """A child process has ended: Twisted looks whether it was one of its own."""
    process = sys.modules.get("twisted.internet.process")
    if process is not None:
        process.reapAllProcesses()


def shut_down(loop: asyncio.AbstractEventLoop) -> None:
    """Fires the reactor's shutdown events and runs the loop until they are through."""
    reactor: Any = sys.modules.get(_REACTOR)
    if reactor is None or not getattr(reactor, "running", False):
        return
    reactor._kiln_stops = True
    limit = loop.call_later(_SHUTDOWN_S, loop.stop)
    reactor.fireSystemEvent("shutdown")
    loop.run_forever()  # the last event stops the loop
    limit.cancel()


def _start(reactor: Any) -> None:
    reactor.addSystemEventTrigger("before", "shutdown", _stop_master, reactor)
    reactor.startRunning(installSignalHandlers=False)


def _stop_master(reactor: Any) -> None:
    """``reactor.stop()`` stops the master, as under Buildbot."""
    if not getattr(reactor, "_kiln_stops", False):
        _bridge.log("info", "the reactor was stopped: stopping the master")
        os.kill(os.getpid(), signal.SIGTERM)


# -- Deferreds ---------------------------------------------------------------------------------


def _seen(_module: ModuleType) -> None:
    _tasks.use_promise(_first_promise)


def _first_promise(coroutine: Coroutine[Any, Any, Any]) -> Any:
    from twisted.internet.defer import Deferred

    _tasks.use_promise(Deferred.fromCoroutine)
    return Deferred.fromCoroutine(coroutine)


def teach_awaiting(defer: Any) -> None:
    """Lets asyncio tasks await Deferreds, and coroutines run by Twisted await futures.

    Both kinds of coroutine call each other, and nothing in a coroutine says who runs it. So
    what a Deferred yields to the runner is a Deferred and a future at once.
    """
    from twisted.python.failure import Failure as failure_class

    waiter_class = _waiter_class(defer, failure_class)

    def wait(self: Any) -> Any:
        if self.called and not self.paused:
            return _result_of(self, failure_class)
        waiter = waiter_class(self)
        value = yield waiter
        return waiter.outcome() if waiter.by_asyncio else value

    defer.Deferred.__iter__ = wait
    defer.Deferred.__await__ = wait

    run = getattr(defer, "_cancellableInlineCallbacks", None)
    if run is None:  # a later Twisted: only coroutines that Twisted runs cannot await futures
        return

    def run_translated(gen: Any, *args: Any) -> Any:
        if hasattr(gen, "cr_code"):
            gen = _translated(gen, defer.Deferred)
        return run(gen, *args)

    defer._cancellableInlineCallbacks = run_translated


class _Woken:
    """What a task is told when the Deferred it awaits has fired: go on and see."""

    def result(self) -> None:
        return None


_WOKEN = _Woken()


def _result_of(deferred: Any, failure_class: Any) -> Any:
    """The result of a Deferred that has one; a failure is raised, and somebody has seen it."""
    result = deferred.result
    if isinstance(result, failure_class):
        if deferred._debugInfo is not None:
            deferred._debugInfo.failResult = None
        result.raiseException()
    return result


def _waiter_class(defer: Any, failure_class: Any) -> Any:
    class Waiter(defer.Deferred):  # type: ignore[misc]
        """Fires when another Deferred does, whose result it takes over."""

        by_asyncio = False

        def __init__(self, awaited: Any) -> None:
            super().__init__()
            self._asyncio_future_blocking = True
            self._awaited, self._hooked, self._is_cancelled = awaited, False, False
            self._wake: Any = None

        def _hook(self) -> None:
            if not self._hooked:
                self._hooked = True
                self._awaited.addBoth(self._fired)

        def _fired(self, result: Any) -> None:
            if not self.by_asyncio:
                self.callback(result)
                return
            self._outcome = result
            wake, context = self._wake
            self.get_loop().call_soon(wake, _WOKEN, context=context)

        # Twisted's side.

        def addBoth(self, *args: Any, **kwargs: Any) -> Any:
            added = super().addBoth(*args, **kwargs)
            self._hook()
            return added

        # asyncio's side.

        def get_loop(self) -> asyncio.AbstractEventLoop:
            return asyncio.get_running_loop()

        def add_done_callback(self, wake: Callable[[Any], Any], *, context: Any = None) -> None:
            self.by_asyncio = True
            self._wake = (wake, context)
            self._hook()

        def outcome(self) -> Any:
            result = self._outcome
            if self._is_cancelled:
                raise asyncio.CancelledError
            if isinstance(result, failure_class):
                result.raiseException()
            return result

        def cancel(self, msg: Any = None) -> bool:
            self._is_cancelled = True
            self._awaited.cancel()
            return True

    return Waiter


def _translated(coroutine: Any, deferred_class: Any) -> Any:
    """Runs a coroutine for Twisted: the futures that it yields become Deferreds."""
    send, value = coroutine.send, None
    while True:
        try:
            yielded = send(value)
        except StopIteration as stop:
            return stop.value
        is_future = getattr(yielded, "_asyncio_future_blocking", None) is not None
        if is_future and not isinstance(yielded, deferred_class):
            yielded._asyncio_future_blocking = False
            yielded = _fires_with(yielded, deferred_class)
        try:
            send, value = coroutine.send, (yield yielded)
        except BaseException as error:
            send, value = coroutine.throw, error


def _fires_with(future: Any, deferred_class: Any) -> Any:
    """A Deferred that fires when the future is done; the coroutine looks at the future itself."""
    fires = deferred_class(lambda _: future.cancel())
    future.add_done_callback(lambda _: None if fires.called else fires.callback(None))
    return fires


# -- the log -----------------------------------------------------------------------------------

_LEVELS = {"debug": "debug", "info": "info", "warn": "warning"}


def _log_here(logger: Any) -> None:
    """Sends what is logged through Twisted to the master's log."""

    def observe(event: dict[str, Any]) -> None:
        text = logger.eventAsText(event, includeTimestamp=False, includeSystem=False)
        if not text:
            return
        level = getattr(event.get("log_level"), "name", "info")
        system = event.get("log_system")
        if system is None:
            system = f"{event.get('log_namespace', '-')}#{level}"
        _bridge.log(_LEVELS.get(level, "error"), text, str(system))

    logger.globalLogBeginner.beginLoggingTo(
        [logger.FilteringLogObserver(observe, [_no_debug(logger)])],
        redirectStandardIO=False,
        discardBuffer=True,
    )


def _no_debug(logger: Any) -> Any:
    return logger.LogLevelFilterPredicate(defaultLogLevel=logger.LogLevel.info)
