# SPDX-License-Identifier: MIT
"""What the C++ base classes look like to the type checker; never imported when running."""

from __future__ import annotations

from typing import Any, Protocol


class _Recorded:
    """An object that remembers how and where it was made."""

    def _recipe(self) -> tuple[type, tuple[Any, ...], dict[str, Any]]:
        raise NotImplementedError

    def _location(self) -> tuple[str, int]:
        raise NotImplementedError


class StepBase(_Recorded):
    """Base of every build step.

    While it is sealed, setting an attribute calls ``_refuse_change(name)`` instead.
    """

    _sealed: bool


class BuilderBase(_Recorded):
    """Base of a builder's configuration."""


class SchedulerBase(_Recorded):
    """Base of every scheduler."""


class WorkerBase(_Recorded):
    """Base of a worker's configuration."""


class CallBase(type):
    """Base of the metaclass ``Declared``: its calls, in C++ where the class is known.

    Calls of other classes, and those that do not fit, go to ``_call_slowly(cls, args, kwargs)``.
    """


class Shape(Protocol):
    """Which arguments a call takes."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def known(self) -> frozenset[str]: ...
    @property
    def required(self) -> tuple[tuple[str, int | None], ...]: ...
    @property
    def at_most(self) -> int: ...
    @property
    def takes_any_place(self) -> bool: ...
    @property
    def takes_any_name(self) -> bool: ...


def is_known_class(cls: type) -> bool:
    """Whether C++ checks its calls."""
    raise NotImplementedError


def know_class(
    cls: type,
    shape: Shape | None,
    is_sealed: bool,
    free: tuple[frozenset[str], frozenset[str]] | None,
) -> None:
    """From now on C++ checks calls of the class, until it or one of its bases changes.

    Args:
        cls: the class.
        shape: what its calls take; None: its own code knows.
        is_sealed: its objects are, when a file makes them.
        free: of a step whose ``__init__`` may run later: names of the parameters of which only the
            type counts, and of those that count by their value unless it is a string.
    """
    raise NotImplementedError


def know_call(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The call went well: so will those like it, and their ``__init__`` may run later."""
    raise NotImplementedError


def know_renderable(cls: type) -> None:
    """Objects of the class are renderables, whatever they hold."""
    raise NotImplementedError


def is_late(step: Any) -> bool:
    """Whether the ``__init__`` of a step has not run yet: its arguments are like right ones."""
    raise NotImplementedError


def set_loading(yes: bool) -> None:
    """Whether this thread loads a file."""
    raise NotImplementedError


def set_lenient(yes: bool) -> None:
    """Whether this thread takes old spellings."""
    raise NotImplementedError


class Lookup(Protocol):
    """Where an Interpolation finds its values; each verb raises LookupError when there is none."""

    def property(self, name: str) -> Any: ...
    def source(self, codebase: str, attr: str) -> Any: ...
    def worker(self, name: str) -> Any: ...
    def secret(self, name: str) -> Any: ...
    def keyword(self, name: str) -> Any: ...


class Interpolation:
    """A parsed format with selectors."""

    property_names: list[str]
    keyword_names: list[str]
    shortest_length: int

    def __init__(self, fmt: str) -> None:
        raise NotImplementedError

    def evaluate(self, lookup: Lookup) -> str:
        raise NotImplementedError
