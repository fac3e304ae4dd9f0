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

    __module__ = "buildbot.interfaces"  # as logs show it


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


@runtime_checkable
class IPlugin(Protocol, metaclass=_Interface):
    """Something that a Python package offers to configurations."""


@runtime_checkable
class IConfigured(Protocol, metaclass=_Interface):
    """Can be shown as plain data."""

    def getConfigDict(self) -> dict[str, Any]:
        """The data."""


@runtime_checkable
class IBuildStepFactory(Protocol, metaclass=_Interface):
    """Makes a step for each build."""

    def buildStep(self) -> Any:
        """The step."""


@runtime_checkable
class IConfigLoader(Protocol, metaclass=_Interface):
    """Loads a configuration."""

    def loadConfig(self) -> Any:
        """The configuration."""


@runtime_checkable
class IConfigurator(Protocol, metaclass=_Interface):
    """Completes a configuration."""

    def configure(self, config_dict: dict[str, Any]) -> Any:
        """Adds to the dict."""


@runtime_checkable
class IChangeSource(Protocol, metaclass=_Interface):
    """Reports changes."""

    def describe(self) -> str:
        """What it does."""


@runtime_checkable
class IScheduler(Protocol, metaclass=_Interface):
    """Asks for builds."""


@runtime_checkable
class ITriggerableScheduler(Protocol, metaclass=_Interface):
    """Asks for builds when a step says so."""

    def trigger(self, waited_for: bool, **kwargs: Any) -> Any:
        """Asks for builds."""


@runtime_checkable
class ISourceStamp(Protocol, metaclass=_Interface):
    """Which sources are built."""


@runtime_checkable
class IWorker(Protocol, metaclass=_Interface):
    """A worker."""

    workername: str


@runtime_checkable
class ILatentWorker(IWorker, Protocol, metaclass=_Interface):
    """A worker that is started."""

    def start_instance(self, build: Any) -> Any:
        """Starts it for a build."""

    def stop_instance(self, fast: bool = False) -> Any:
        """Stops it."""


@runtime_checkable
class IMachine(Protocol, metaclass=_Interface):
    """A machine."""


@runtime_checkable
class ILatentMachine(IMachine, Protocol, metaclass=_Interface):
    """A machine that is started."""


@runtime_checkable
class IMachineAction(Protocol, metaclass=_Interface):
    """Starts or stops a machine."""

    def perform(self, manager: Any) -> Any:
        """Does it."""


@runtime_checkable
class IEmailLookup(Protocol, metaclass=_Interface):
    """Finds mail addresses."""

    def getAddress(self, user: str) -> Any:
        """The address of a person."""


@runtime_checkable
class IEmailSender(Protocol, metaclass=_Interface):
    """Sends mails."""


@runtime_checkable
class IReportGenerator(Protocol, metaclass=_Interface):
    """Makes reports."""

    def generate(self, master: Any, reporter: Any, key: Any, build: Any) -> Any:
        """The report of an event, or None."""


@runtime_checkable
class IHttpResponse(Protocol, metaclass=_Interface):
    """An answer by HTTP."""

    code: int
    url: str

    def content(self) -> Any:
        """Its bytes."""

    def json(self) -> Any:
        """Its data."""
