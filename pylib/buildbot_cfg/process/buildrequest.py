# SPDX-License-Identifier: MIT
"""Requests, as functions that choose and steps of builds see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from buildbot_cfg.process._sourcestamp import SourceStamp, source_stamps
from buildbot_cfg.process.properties import Properties

__all__ = ["BuildRequest"]


@dataclass(slots=True, eq=False)
class BuildRequest:
    """A request to build something on one builder.

    Attributes:
        id: its id.
        bsid: its buildset's.
        reason: the buildset's.
        sources: the source stamps by codebase.
        buildername: the builder's name.
        builderid: the builder's id.
        priority: the higher, the sooner.
        submittedAt: seconds since the epoch.
        waitedFor: a build waits for it.
        properties: the buildset's.
        master: the running master.

    Example:
        >>> request = BuildRequest(1, 1, "force build", {}, "linux", 3, submittedAt=1700000000)
        >>> request.getSubmitTime()
        1700000000
    """

    id: int
    bsid: int
    reason: str
    sources: dict[str, SourceStamp]
    buildername: str = ""
    builderid: int | None = None
    priority: int = 0
    submittedAt: int | None = None
    waitedFor: bool = False
    properties: Properties = field(default_factory=Properties)
    master: Any = None

    @classmethod
    def from_row(cls, row: dict[str, Any], buildername: str, master: Any) -> BuildRequest:
        """One of a row as REST has it, with the buildset's reason, stamps, changes, properties."""
        sources = source_stamps(row["sourcestamps"], row["changes"])
        return cls(
            id=row["buildrequestid"],
            bsid=row["buildsetid"],
            reason=row["reason"],
            sources={source.codebase: source for source in sources},
            buildername=buildername,
            builderid=row["builderid"],
            priority=row["priority"],
            submittedAt=row["submitted_at"],
            waitedFor=row["waited_for"],
            properties=Properties.fromDict(row["properties"]),
            master=master,
        )

    def getSubmitTime(self) -> int | None:
        """When it came, in seconds since the epoch."""
        return self.submittedAt
