# SPDX-License-Identifier: MIT
"""A scheduler that builds when a step asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import check_type
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler


class Triggerable(ReconfigurableBaseScheduler):
    """Builds when a :class:`~buildbot.steps.trigger.Trigger` step names it.

    Args:
        name: unique among schedulers.
        builderNames: what is built.
        reason: the reason of its builds, as it is.

    Example:
        >>> Triggerable(name="docs", builderNames=["docs"]).reason
        "The Triggerable scheduler named 'docs' triggered this build"
    """

    def __init__(
        self,
        name: str,
        builderNames: Any,
        *,
        reason: str | None = None,
        properties: dict[str, Any] | None = None,
        codebases: Any = None,
        priority: int | Callable[..., int] | None = None,
    ) -> None:
        super().__init__(name, builderNames, properties, codebases, priority)
        check_type(self.label, "reason", reason, str, type(None))
        if not isinstance(reason, str):
            reason = f"The Triggerable scheduler named '{self.name}' triggered this build"
        self.reason = reason
