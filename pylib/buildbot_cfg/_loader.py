# SPDX-License-Identifier: MIT
"""Runs a configuration file, and collects everything that is wrong with it."""

from __future__ import annotations

import ast
import asyncio
import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from buildbot_cfg import _old_spellings
from buildbot_cfg._errors import ConfigErrors, Problem, collected, problems_of, report
from buildbot_cfg._execution import Execution
from buildbot_cfg._old_spellings import import_text
from buildbot_cfg._outside import resolve
from buildbot_cfg._settings import settings_of
from buildbot_cfg._views import ConfigView, Lines, view_of
from buildbot_cfg._where import NOWHERE, user_line


@dataclass(slots=True)
class LoadResult:
    """What a load gives: a configuration, or what is wrong with it."""

    config: ConfigView | None = None
    problems: list[tuple[str, int, str, str]] = field(default_factory=list)


def load(path: str, basedir: str) -> LoadResult:
    """Runs the file at ``path``; never raises, not even when the file calls ``sys.exit``."""
    basedir = str(Path(basedir).expanduser().absolute())
    process = os.getpid()
    with collected() as (problems, warnings):
        config = None
        try:
            config = _configured(str(Path(path).absolute()), basedir)
        except BaseException as error:  # the named wall: whatever the user's file raises
            problems.extend(_problems(error, path))
    if os.getpid() != process:
        os._exit(1)  # a copy of this process that the file made: its master is elsewhere
    if not problems and config is not None:
        config.warnings = [str(warning) for warning in warnings]
        config.basedir = basedir
        return LoadResult(config)
    problems.sort(key=lambda problem: (problem.file != path, problem.file, problem.line))
    return LoadResult(None, [(p.file, p.line, p.object, p.what) for p in problems])


def load_to_use(path: str, basedir: str, loop: asyncio.AbstractEventLoop) -> LoadResult:
    """The same for a configuration that a master is to use: secrets in it are asked for.

    Args:
        path: the file.
        basedir: the master's directory.
        loop: the policy loop, running (in another thread) or not yet.
    """
    result = load(path, basedir)
    view = result.config
    if view is None or not view.unresolved:
        return result
    answers = resolve(view.unresolved, list(view.values["secretsProviders"]))
    if loop.is_running():
        problems = asyncio.run_coroutine_threadsafe(answers, loop).result()
    else:
        problems = loop.run_until_complete(answers)
    if not problems:
        return result
    return LoadResult(None, [(p.file, p.line, p.object, p.what) for p in problems])


def _configured(path: str, basedir: str) -> ConfigView | None:
    tree = ast.parse(Path(path).read_bytes(), path)
    with _old_spellings.lenient(_says_lenient(tree)), _loading(basedir):
        namespace = _run_all(tree, path, basedir)
        if namespace is None:
            return None
        lines = Lines(tree, path)
        view = view_of(namespace["BuildmasterConfig"], path, lines)
        settings = settings_of(namespace.get("KilnbotConfig", {}), lines)
    if view is not None:
        view.settings = settings
    return view


def configuration_of(path: str, basedir: str) -> Any:
    """What the file sets BuildmasterConfig to, unchecked."""
    with _loading(basedir):
        namespace = _run(ast.parse(Path(path).read_bytes(), path), path, basedir)
    return namespace["BuildmasterConfig"]


@contextmanager
def _loading(basedir: str) -> Iterator[None]:
    with _importable(basedir), _one_process(), _little_collection():
        yield


def _run(tree: ast.Module, path: str, basedir: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"basedir": basedir, "__file__": path}
    exec(compile(tree, path, "exec", dont_inherit=True), namespace)
    return _defining(namespace)


def _run_all(tree: ast.Module, path: str, basedir: str) -> dict[str, Any] | None:
    """The same, but a statement that fails is reported and the others run; None: some failed."""
    namespace: dict[str, Any] = {"basedir": basedir, "__file__": path}

    def told(error: Exception) -> None:
        for problem in _problems(error, path):
            report(problem.what, problem.object, (problem.file, problem.line))

    return _defining(namespace) if Execution(tree, path, namespace).run(told) else None


def _defining(namespace: dict[str, Any]) -> dict[str, Any]:
    if "BuildmasterConfig" not in namespace:
        what = "the file does not define BuildmasterConfig (c = BuildmasterConfig = {})"
        raise ConfigErrors([what])
    return namespace


def _says_lenient(tree: ast.Module) -> bool:
    """Whether the file sets KilnbotConfig["lenient"]: it counts from the file's first line on."""
    found = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if ast.unparse(target) == "KilnbotConfig['lenient']":
                    found = _is_true(node.value)
                elif ast.unparse(target) == "KilnbotConfig" and isinstance(node.value, ast.Dict):
                    pairs = zip(node.value.keys, node.value.values, strict=True)
                    found = any(
                        isinstance(k, ast.Constant) and k.value == "lenient" and _is_true(v)
                        for k, v in pairs
                    )
    return found


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


@contextmanager
def _little_collection() -> Iterator[None]:
    """While it lasts, the collector looks less often: most of what a file makes stays.

    Nor does it look at that afterwards.
    """
    saved = gc.get_threshold()
    gc.set_threshold(700_000, 50, 1000)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*saved)


@contextmanager
def _importable(basedir: str) -> Iterator[None]:
    sys.path.append(basedir)
    try:
        yield
    finally:
        if basedir in sys.path:
            sys.path.remove(basedir)


@contextmanager
def _one_process() -> Iterator[None]:
    """While it lasts, this thread cannot fork: the copy would be a second master."""
    loading = threading.get_ident()
    saved = {name: getattr(os, name) for name in ("fork", "forkpty")}

    def refusing(fork: Callable[[], Any]) -> Callable[[], Any]:
        def checked() -> Any:
            if threading.get_ident() == loading:
                raise ConfigErrors(
                    ["the file forks the process (os.fork): use the module subprocess instead"]
                )
            return fork()

        return checked

    for name, fork in saved.items():
        setattr(os, name, refusing(fork))
    try:
        yield
    finally:
        for name, fork in saved.items():
            setattr(os, name, fork)


def _problems(error: BaseException, path: str) -> list[Problem]:
    where = user_line(error.__traceback__)
    if where == NOWHERE:
        where = (path, 0)
    if isinstance(error, ConfigErrors):
        return problems_of(error, where)
    if isinstance(error, SyntaxError) and error.filename:
        line = f": {error.text.strip()}" if error.text else ""
        return [Problem(error.filename, error.lineno or 0, "", f"syntax error: {error.msg}{line}")]
    if isinstance(error, OSError) and where == (path, 0):
        return [Problem(path, 0, "", f"cannot read the file: {error.strerror}")]
    if isinstance(error, SystemExit):
        return [Problem(*where, "", f"the file ends the process (exit status {error.code})")]
    if isinstance(error, MemoryError):
        return [Problem(*where, "", "the file needs more memory than there is")]
    text = import_text(error) if isinstance(error, ImportError) else str(error)
    return [
        Problem(*where, "", f"{type(error).__name__}: {text}" if text else type(error).__name__)
    ]
