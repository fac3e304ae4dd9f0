# SPDX-License-Identifier: MIT
"""A scheduler that builds after another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler


class Dependent(ReconfigurableBaseScheduler):
    """Builds the same source once all builds of another scheduler have succeeded.

    Args:
        name: unique among schedulers.
        upstream: the other scheduler.
        builderNames: what is built then.
    """

    def __init__(
        self,
        name: str,
        upstream: Any,
        builderNames: Any,
        *,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        if not isinstance(upstream, ReconfigurableBaseScheduler):
            report(f'"upstream" must be another scheduler, not {shown(upstream)}', self.label)
        self.upstream_name = str(getattr(upstream, "name", ""))
        self.reason = "downstream"
