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

    def logChunk(self, build: Any, step: Any, log: Any, channel: Any, text: Any) -> Any:
        """Called with each piece of text."""


class IPlugin(Protocol):
    """Something that a Python package offers to configurations."""


class IConfigured(Protocol):
    """Can be shown as plain data."""

    def getConfigDict(self) -> dict[str, Any]:
        """The data."""


class IBuildStepFactory(Protocol):
    """Makes a step for each build."""

    def buildStep(self) -> Any:
        """The step."""


class IConfigLoader(Protocol):
    """Loads a configuration."""

    def loadConfig(self) -> Any:
        """The configuration."""


class IConfigurator(Protocol):
    """Completes a configuration."""

    def configure(self, config_dict: dict[str, Any]) -> Any:
        """Adds to the dict."""


class IChangeSource(Protocol):
    """Reports changes."""

    def describe(self) -> str:
        """What it does."""


class IScheduler(Protocol):
    """Asks for builds."""


class ITriggerableScheduler(Protocol):
    """Asks for builds when a step says so."""

    def trigger(self, waited_for: bool, **kwargs: Any) -> Any:
        """Asks for builds."""


class ISourceStamp(Protocol):
    """Which sources are built."""


class IWorker(Protocol):
    """A worker."""

    workername: str


class ILatentWorker(IWorker, Protocol):
    """A worker that is started."""

    substantiated: bool

    def substantiate(self, wfb: Any, build: Any) -> Any:
        """Starts it."""


class IMachine(Protocol):
    """A machine."""


class ILatentMachine(IMachine, Protocol):
    """A machine that is started."""


class IMachineAction(Protocol):
    """Starts or stops a machine."""

    def perform(self, manager: Any) -> Any:
        """Does it."""


class IEmailLookup(Protocol):
    """Finds mail addresses."""

    def getAddress(self, user: str) -> Any:
        """The address of a person."""


class IEmailSender(Protocol):
    """Sends mails."""


class IReportGenerator(Protocol):
    """Makes reports."""

    def generate(self, master: Any, reporter: Any, key: Any, build: Any) -> Any:
        """The report of an event, or None."""


class IHttpResponse(Protocol):
    """An answer by HTTP."""

    code: int
    url: str

    def content(self) -> Any:
        """Its bytes."""

    def json(self) -> Any:
        """Its data."""
