# SPDX-License-Identifier: MIT
"""A scheduler that builds when a step asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from buildbot_cfg import _watch
from buildbot_cfg._checks import check_type
from buildbot_cfg._tasks import promised
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.schedulers._running import completed, keep
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

    # -- of classes that decide in Python ----------------------------------------------------------

    def trigger(
        self,
        waited_for: bool,
        sourcestamps: Any = None,
        set_props: Any = None,
        parent_buildid: int | None = None,
        parent_relationship: str | None = None,
    ) -> tuple[Any, Any]:
        """Builds; gives (buildset, requests) and (results, requests), both for later.

        Args:
            waited_for: the step waits for the end.
            sourcestamps: dicts; other codebases get the scheduler's defaults.
            set_props: Properties; one called ``reason`` takes the place of the scheduler's.
            parent_buildid: the build of the step.
            parent_relationship: what it is to that build.
        """
        props = Properties()
        reason: str = self.reason
        if set_props is not None:
            props.updateFromProperties(set_props)
            reason = set_props.getProperty("reason") or reason
        ids = asyncio.ensure_future(
            _watch.follow(
                self.addBuildsetForSourceStampsWithDefaults,
                reason,
                sourcestamps,
                waited_for,
                priority=self.priority,
                properties=props,
                parent_buildid=parent_buildid,
                parent_relationship=parent_relationship,
            )
        )
        keep(ids)
        return self._ids(ids), self._results(ids)

    @promised
    async def _ids(self, ids: Any) -> Any:
        return await ids

    @promised
    async def _results(self, ids: Any) -> Any:
        return await completed(ids)
