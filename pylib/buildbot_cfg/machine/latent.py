# SPDX-License-Identifier: MIT
"""Machines that are started when there is work for their workers."""

from __future__ import annotations

import enum
from typing import Any

from buildbot_cfg.machine.base import Machine


class States(enum.Enum):
    """What a machine is doing."""

    STARTED = 0
    STOPPED = 1
    STARTING = 2
    STOPPING = 3


class AbstractLatentMachine(Machine):
    """A machine that is started for builds.

    Subclasses implement ``start_machine()`` and ``stop_machine()``, which may be async.

    Args:
        name: unique; workers name it by machine_name.
        build_wait_timeout: seconds without a build after which it is stopped.
        missing_timeout: seconds that its workers may take to connect.
    """

    DEFAULT_MISSING_TIMEOUT = 20 * 60

    def checkConfig(
        self,
        name: str,
        build_wait_timeout: float = 0,
        missing_timeout: float = DEFAULT_MISSING_TIMEOUT,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, **kwargs)
        self.state, self.latentworkers = States.STOPPED, []  # type: ignore[var-annotated]
