# SPDX-License-Identifier: MIT
"""A worker that connects by itself."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._bridge import WorkerBase
from buildbot_cfg._checks import check_identifier, check_properties, check_strings, check_type
from buildbot_cfg._declared import quoted
from buildbot_cfg._errors import report
from buildbot_cfg.interfaces import IRenderable
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.util.service import BuildbotService

_RESERVED = ("debug", "change", "status")


def _from_worker(values: dict[str, Any]) -> Properties:
    return Properties.fromDict({name: (value, "Worker") for name, value in values.items()})


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
