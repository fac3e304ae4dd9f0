# SPDX-License-Identifier: MIT
"""A worker that connects by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildbot_cfg._bridge import WorkerBase
from buildbot_cfg._checks import check_identifier, check_properties, check_strings, check_type
from buildbot_cfg._declared import quoted
from buildbot_cfg._errors import report
from buildbot_cfg.interfaces import IRenderable
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.util.service import BuildbotService

if TYPE_CHECKING:
    from buildbot_cfg._mirror import WorkerState

_RESERVED = ("debug", "change", "status")


def _from_worker(values: dict[str, Any]) -> Properties:
    return Properties.fromDict({name: (value, "Worker") for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class Connection:
    """A worker's connection: that there is one."""

    worker: Any


class AbstractWorker(WorkerBase, BuildbotService):
    """What all workers have in common; see :class:`Worker`."""

    DEFAULT_MISSING_TIMEOUT = 3600
    DEFAULT_KEEPALIVE_INTERVAL = 3600
    builds_may_be_incompatible = False
    reconfig_priority = 64
    #: What max_builds is when none is given.
    _usual_max_builds: int | None = None

    def checkConfig(
        self,
        name: str,
        password: str | IRenderable | None,
        max_builds: int | None = None,
        notify_on_missing: list[str] | str | None = None,
        missing_timeout: float | None = None,
        properties: dict[str, Any] | None = None,
        defaultProperties: dict[str, Any] | None = None,
        locks: Any = None,
        keepalive_interval: float = DEFAULT_KEEPALIVE_INTERVAL,
        machine_name: str | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments, and keeps them."""
        self.name = name.decode() if isinstance(name, bytes) else name
        label = self.label
        self._check_name(name)
        check_type(label, "password", password, str, type(None), renderable=True)
        self.password = password
        check_type(label, "max_builds", max_builds, int, type(None))
        if isinstance(max_builds, int) and max_builds < 1:
            report(f'"max_builds" must be at least 1, not {max_builds}', label)
        self.max_builds = max_builds
        if isinstance(notify_on_missing, str):
            notify_on_missing = [notify_on_missing]
        check_strings(label, "notify_on_missing", notify_on_missing or [])
        self.notify_on_missing = notify_on_missing or []
        check_type(label, "missing_timeout", missing_timeout, int, float, type(None))
        self.missing_timeout = missing_timeout
        own = {**check_properties(label, "properties", properties), "workername": self.name}
        self.properties = _from_worker(own)
        self.defaultProperties = _from_worker(
            check_properties(label, "defaultProperties", defaultProperties)
        )
        self.locks = locks or []
        check_type(label, "keepalive_interval", keepalive_interval, int, float)
        self.keepalive_interval = keepalive_interval
        check_type(label, "machine_name", machine_name, str, type(None))
        self.machine_name = machine_name

    def _check_name(self, name: Any) -> None:
        if name in _RESERVED:
            report(f'the name "{name}" is reserved', self.label)
        else:
            check_identifier(self.label, self.name)

    @property
    def label(self) -> str:
        """How messages call it."""
        return quoted("worker", self.name)

    @property
    def workername(self) -> str | None:
        """The name."""
        return self.name

    # -- what it does now, read without waiting ----------------------------------------------------

    @property
    def _state(self) -> WorkerState:
        state: WorkerState = self.master.mirror.worker(self.name)
        return state

    @property
    def workerid(self) -> int | None:
        """Its id; None when no master runs."""
        return self._state.workerid

    @property
    def conn(self) -> Connection | None:
        """Something true while it is connected."""
        return Connection(self) if self._state.connected else None

    @property
    def info(self) -> Properties:
        """What it said about itself when it connected."""
        return Properties.fromDict({n: (v, "Worker") for n, v in self._state.info.items()})

    @property
    def workerforbuilders(self) -> dict[str, Any]:
        """Itself with each builder that may use it, by the builder's name, while connected."""
        if not self._state.connected:
            return {}
        builders = self.master.botmaster.getBuildersForWorker(self.name)
        return {builder.name: builder.with_worker(self.name) for builder in builders}

    def isConnected(self) -> bool:
        """Whether it is connected."""
        return self._state.connected

    def isPaused(self) -> bool:
        """Whether it gets no new builds until somebody unpauses it."""
        return self._state.paused

    def canStartBuild(self) -> bool:
        """Whether it could take one more build, as far as one can see from here."""
        state = self._state
        if state.paused or state.graceful:
            return False
        return not self.max_builds or self.master.mirror.builds_on(self.name) < self.max_builds

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class Worker(AbstractWorker):
    """A worker that connects to the master by itself.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: what the worker must show; may be a ``util.Secret``.
        max_builds: builds at a time; None: no limit.
        notify_on_missing: mail addresses.
        missing_timeout: seconds without a connection before somebody is told.
        properties: values that each build on it gets.
        defaultProperties: the same, unless something else set them.
        keepalive_interval: seconds between signs of life.

    Example:
        >>> Worker("w1", "secret", max_builds=2)
        <Worker 'w1'>
    """
