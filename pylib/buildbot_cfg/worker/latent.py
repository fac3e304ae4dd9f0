# SPDX-License-Identifier: MIT
"""Workers that are started when there is work for them."""

from __future__ import annotations

import secrets
from typing import Any

from buildbot_cfg.worker.base import AbstractWorker


class AbstractLatentWorker(AbstractWorker):
    """A worker that is started for builds.

    Subclasses implement ``start_instance(build)`` and ``stop_instance(fast=False)``, which may be
    async.

    Args:
        name: letters, digits, "-" and "_", at most 50.
        password: what the worker must show.
        build_wait_timeout: seconds without a build until it is stopped; 0: at once; -1: never.
        check_instance_interval: seconds between two looks at it while it starts.
    """

    def checkConfig(
        self,
        name: str,
        password: Any,
        build_wait_timeout: float = 60 * 10,
        check_instance_interval: float = 10,
        **kwargs: Any,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.build_wait_timeout = build_wait_timeout
        self.check_instance_interval = check_instance_interval
        super().checkConfig(name, password, **kwargs)

    def start_instance(self, build: Any) -> Any:
        """Starts it for a build; True, or a text about it."""
        raise NotImplementedError(f"{type(self).__name__} has no start_instance()")

    def stop_instance(self, fast: bool = False) -> Any:
        """Stops it."""
        raise NotImplementedError(f"{type(self).__name__} has no stop_instance()")


class CompatibleLatentWorkerMixin:
    """A latent worker that is started anew when a build needs another kind of it."""

    builds_may_be_incompatible = True


def random_password() -> str:
    """A password for a worker that the master starts itself."""
    return secrets.token_hex(10)


def needs(label: str, module: str, package: str | None = None) -> None:
    """Reports that a Python module is missing."""
    import importlib.util
    import sys

    from buildbot_cfg._errors import report

    try:
        found = module in sys.modules or importlib.util.find_spec(module) is not None
    except (ValueError, ModuleNotFoundError):
        found = False
    if not found:
        report(f"the Python module '{module}' is needed: pip install {package or module}", label)
