# SPDX-License-Identifier: MIT
"""Errors of a configuration: collected while a file is loaded, raised otherwise."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from buildbot_cfg._bridge import set_loading
from buildbot_cfg._where import NOWHERE, Location, user_frame


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: the user's line, the object concerned (may be empty), what is wrong."""

    file: str
    line: int
    object: str
    what: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        return f"{where}{self.object}: {self.what}" if self.object else f"{where}{self.what}"


class ConfigErrors(Exception):
    """One or more errors of a configuration.

    Args:
        errors: texts, one an error.

    Example:
        >>> error = ConfigErrors(["no such worker"])
        >>> error.addError("no builders")
        >>> error.errors
        ['no such worker', 'no builders']
    """

    def __init__(self, errors: Iterable[str] | None = None) -> None:
        self.problems: list[Problem] = []
        self.errors: list[str] = list(errors or [])
        super().__init__(self.errors)

    def addError(self, msg: str) -> None:
        """Adds one text."""
        self.errors.append(msg)

    def add_problem(self, problem: Problem) -> None:
        """Adds an error that knows its place."""
        self.problems.append(problem)
        self.errors.append(str(problem))

    def merge(self, errors: ConfigErrors) -> None:
        """Adds all errors of another one."""
        self.errors.extend(errors.errors)
        self.problems.extend(errors.problems)

    def __bool__(self) -> bool:
        return bool(self.errors)

    def __str__(self) -> str:
        return "\n".join(self.errors)


class ArgumentErrors(ConfigErrors, TypeError):
    """Arguments that a class of the configuration does not take."""


class _Collecting(threading.local):
    into: list[Problem] | None = None
    warnings: list[Problem] | None = None
    place: Location | None = None
    #: How often something was told, also what was told before.
    told = 0


_collecting = _Collecting()


@contextmanager
def collected() -> Iterator[tuple[list[Problem], list[Problem]]]:
    """While it lasts, this thread's errors and warnings go into two lists."""
    outer = (_collecting.into, _collecting.warnings)
    _collecting.into, _collecting.warnings = [], []
    set_loading(True)
    try:
        yield _collecting.into, _collecting.warnings
    finally:
        _collecting.into, _collecting.warnings = outer
        set_loading(is_collecting())


def is_collecting() -> bool:
    """Whether this thread loads a file."""
    return _collecting.into is not None


def times_told() -> int:
    """How many errors and warnings this thread has told, those told again included."""
    return _collecting.told


@contextmanager
def placed(where: Location) -> Iterator[None]:
    """While it lasts, errors without a place of their own get this one, whoever calls."""
    outer, _collecting.place = _collecting.place, where
    try:
        yield
    finally:
        _collecting.place = outer


def _place(where: Location | None) -> Location:
    return where or _collecting.place or user_frame()


def report(
    what: str,
    object: str = "",
    where: Location | None = None,
    kind: type[ConfigErrors] = ConfigErrors,
) -> None:
    """One error: noted when a file is being loaded, else raised as ``kind``."""
    _collecting.told += 1
    file, line = _place(where)
    problem = Problem(file, line, object, what)
    if _collecting.into is None:
        raised = kind()
        raised.add_problem(problem)
        raise raised
    if problem not in _collecting.into:
        _collecting.into.append(problem)


def warn(what: str, object: str = "", where: Location | None = None) -> None:
    """One warning: noted when a file is being loaded, else a UserWarning."""
    _collecting.told += 1
    file, line = _place(where)
    problem = Problem(file, line, object, what)
    if _collecting.warnings is None:
        warnings.warn(str(problem), stacklevel=3)
    elif problem not in _collecting.warnings:
        _collecting.warnings.append(problem)


def error(error: str, always_raise: bool = False) -> None:
    """Reports an error of the configuration from user code.

    Args:
        error: what is wrong.
        always_raise: raise even while a file is being loaded.

    Raises:
        ConfigErrors: outside a load, or with ``always_raise``.
    """
    if always_raise:
        raise ConfigErrors([error])
    report(error)


def problems_of(raised: ConfigErrors, where: Location = NOWHERE) -> list[Problem]:
    """The errors that an exception carries; texts without a place get ``where``."""
    placed = {str(problem): problem for problem in raised.problems}
    return [placed.get(text) or Problem(*where, "", text) for text in raised.errors]
