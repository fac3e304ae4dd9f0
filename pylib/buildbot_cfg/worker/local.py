# SPDX-License-Identifier: MIT
"""A worker in the master's own process."""

from __future__ import annotations

import importlib.util
from typing import Any

from buildbot_cfg._errors import report
from buildbot_cfg.worker.base import Worker


class LocalWorker(Worker):
    """A worker that runs with the master, on its machine.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        workdir: its base directory; workers/NAME below the master's by default.
    """

    _call_fills_in = ("password",)

    def checkConfig(self, name: str, workdir: str | None = None, **kwargs: Any) -> Any:
        """Reports what is wrong with the arguments."""
        kwargs["password"] = None
        super().checkConfig(name, **kwargs)
        if not any(importlib.util.find_spec(m) for m in ("kilnbot_worker", "buildbot_worker")):
            report("the Python package kilnbot-worker is needed: install it", self.label)
        self.workdir = workdir
