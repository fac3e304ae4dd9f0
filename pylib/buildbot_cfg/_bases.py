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
