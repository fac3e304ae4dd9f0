# SPDX-License-Identifier: MIT
"""What the core calls in Python: the verbs of the Python border, and nothing else."""

from __future__ import annotations

import asyncio
import atexit
import functools
import importlib
import runpy
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from buildbot_cfg import _bridge

_THREADS_S = 2.0

#: The verbs that other modules have, which are imported when one is asked for: who only checks a
#: configuration needs few of them.
_VERBS = {
    "activate": "_services:activate",
    "ask_gate": "_gate:ask_gate",
    "check_allowed": "_web_hooks:check_allowed",
    "check_login": "_web_hooks:check_login",
    "child_ended": "_twisted:child_ended",
    "choose": "_matching:choose",
    "classify": "_hooks:classify",
    "collapse": "_hooks:collapse",
    "complete_change": "_orders:complete_change",
    "complete_order": "_orders:complete_order",
    "deactivate": "_services:deactivate",
    "install_aliases": "_alias:install",
    "load": "_loader:load",
    "load_to_use": "_loader:load_to_use",
    "open_build": "_session:open_build",
    "redirect_output": "_output:redirect",
    "sort_builders": "_matching:sort_builders",
    "trigger_results": "_triggers:trigger_results",
    "trigger_scheduler": "_triggers:trigger_scheduler",
    "use_loop": "_twisted:install",
    "user_info": "_web_hooks:user_info",
    "waiting_request": "_matching:waiting_request",
}
#: Of these, what runs user code, which finds the master's state where it reads without waiting.
_SEEING = frozenset(
    (
        "ask_gate",
        "choose",
        "classify",
        "collapse",
        "complete_change",
        "complete_order",
        "open_build",
        "sort_builders",
        "trigger_scheduler",
    )
)

P = ParamSpec("P")
T = TypeVar("T")


def __getattr__(name: str) -> Any:
    module, _, attribute = _VERBS.get(name, "").partition(":")
    if not module:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    verb = getattr(importlib.import_module("buildbot_cfg." + module), attribute)
    globals()[name] = _seeing(verb) if name in _SEEING else verb
    return globals()[name]


def _seeing(function: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    from buildbot_cfg._master import MASTER

    @functools.wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        await MASTER.mirror.filled()
        return await function(*args, **kwargs)

    return run


def wind_down(loop: asyncio.AbstractEventLoop) -> bool:
    """The policy loop's last work; False: threads still run that the interpreter would wait for."""
    from buildbot_cfg import _output, _twisted, _watch

    _watch.stop()
    _twisted.shut_down(loop)
    _output.finish()
    end = time.monotonic() + _THREADS_S
    main = threading.main_thread()
    others = [t for t in threading.enumerate() if t is not main and not t.daemon]
    for thread in others:
        thread.join(max(0.0, end - time.monotonic()))
    alive = [thread.name for thread in others if thread.is_alive()]
    if alive:
        _bridge.log("warning", f"ending although threads of user code still run: {alive}")
    return not alive


def end_process() -> None:
    """What Python does before it ends, except that it takes nothing apart."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    _flush()


async def parse_force(
    form: Any, owner: str, builder_names: list[str], params: dict[str, Any]
) -> dict[str, Any]:
    """What a filled-in force form asks for.

    Raises:
        CollectedValidationError: answers are not acceptable.
    """
    order: dict[str, Any] = form.order(owner or "", list(builder_names or ()), params)
    return order


def run_script(argv: list[str]) -> int:
    """``kilnbot python ...``: a script, ``-c CODE`` or ``-m MODULE``; returns the exit status."""
    if not argv:
        sys.stderr.write("kilnbot python: give a script, -c CODE or -m MODULE\n")
        return 2
    try:
        _run(argv)
    except SystemExit as exit_:
        return _status(exit_.code)
    except BaseException:  # the named wall: what Python does with an uncaught exception
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        _flush()
    return 0


def _run(argv: list[str]) -> None:
    if argv[0] in ("-c", "-m") and len(argv) < 2:
        sys.stderr.write(f"kilnbot python: {argv[0]} needs an argument\n")
        raise SystemExit(2)
    if argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        sys.path.insert(0, "")
        import __main__

        exec(compile(argv[1], "<string>", "exec"), __main__.__dict__)
    elif argv[0] == "-m":
        sys.argv = argv[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(argv)
        sys.path.insert(0, str(Path(argv[0]).resolve().parent))
        runpy.run_path(argv[0], run_name="__main__")


def _status(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    sys.stderr.write(f"{code}\n")
    return 1


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
