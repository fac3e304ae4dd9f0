# SPDX-License-Identifier: MIT
"""Interfaces that user classes name, and exceptions that user code raises or catches.

They are plain classes: an object provides one when it has the methods (see ``isinstance``).
``implementer`` of ``zope.interface`` may name them, it has nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable


class _Interface(type(Protocol)):  # type: ignore[misc]
    """What is no interface of its own, ``zope.interface`` takes as a sequence of some: of none."""

    def __iter__(cls) -> Iterator[Any]:
        return iter(())

    def providedBy(cls, ob: object) -> bool:
        """Whether an object has the methods."""
        return isinstance(ob, cls)

    def implementedBy(cls, kind: type) -> bool:
        """Whether a class has the methods."""
        return issubclass(kind, cls)


class WorkerSetupError(Exception):
    """The worker lacks something that the step needs."""


class WorkerTooOldError(Exception):
    """The worker is too old for the step."""


class LatentWorkerFailedToSubstantiate(Exception):
    """A latent worker did not start."""


class LatentWorkerCannotSubstantiate(Exception):
    """A latent worker can never start for this build."""


class BuilderInUseError(Exception):
    """The builder is busy."""


@runtime_checkable
class IRenderable(Protocol, metaclass=_Interface):
    """Has a value of its own in each build."""

    def getRenderingFor(self, props: Any) -> Any:
        """The value, or an awaitable of it, for these properties."""


@runtime_checkable
class IProperties(Protocol, metaclass=_Interface):
    """Properties by name."""

    def getProperty(self, name: str, default: Any = None) -> Any:
        """The value."""

    def setProperty(self, name: str, value: Any, source: str, runtime: bool = False) -> Any:
        """Sets a value."""


@runtime_checkable
class IBuildStep(Protocol, metaclass=_Interface):
    """A step of a build."""

    def run(self) -> Any:
        """Does the work and gives the result."""


@runtime_checkable
class ILogObserver(Protocol, metaclass=_Interface):
    """Gets a log's text while it comes."""

    def setStep(self, step: Any) -> Any:
        """Called first."""

    def setLog(self, log: Any) -> Any:
        """Called when the log exists."""
