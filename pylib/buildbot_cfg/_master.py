# SPDX-License-Identifier: MIT
"""``self.master`` in steps, renderers and callbacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._step_updates import StepUpdates
from buildbot_cfg._tasks import started
from buildbot_cfg.data.resultspec import Filter
from buildbot_cfg.db.connector import DBConnector
from buildbot_cfg.secrets.manager import SecretManager
from buildbot_cfg.util import datetime2epoch, epoch2datetime

_TIMES = frozenset(
    {
        "claimed_at",
        "complete_at",
        "created_at",
        "last_active",
        "locks_acquired_at",
        "started_at",
        "submitted_at",
    }
)


def _live() -> Any:
    master = _bridge.live_master()
    if master is None:
        raise RuntimeError("there is no running master here")
    return master


def from_wire(value: Any) -> Any:
    """Rows as Buildbot's data API gives them: times as datetimes, except in buildsets."""
    if isinstance(value, list):
        return [from_wire(item) for item in value]
    if not isinstance(value, dict):
        return value
    keeps_epochs = "bsid" in value
    return {
        key: item if key == "properties" else _field(key, item, keeps_epochs)
        for key, item in value.items()
    }


def _field(key: str, value: Any, keeps_epochs: bool) -> Any:
    if key in _TIMES and isinstance(value, (int, float)):
        return value if keeps_epochs else epoch2datetime(value)
    return from_wire(value) if isinstance(value, (dict, list)) else value


def _to_wire(value: Any) -> Any:
    return datetime2epoch(value) if isinstance(value, datetime) else value


class Data:
    """The data API: ``await self.master.data.get(("builds", 7, "steps"))``."""

    def __init__(self) -> None:
        self.updates = Updates()

    @started
    async def get(
        self,
        path: Sequence[Any],
        filters: Iterable[Filter] | None = None,
        fields: Sequence[str] | None = None,
        order: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Any:
        """Rows as a list, a single row as a dict, or None when there is no such row.

        Args:
            path: parts of the REST path.
            filters: conditions; all must hold.
            fields: names to give; None: all.
            order: names to sort by, ``-name`` backwards.
            limit: rows at most.
            offset: rows to skip.
        """
        spec = {
            "fields": list(fields) if fields is not None else None,
            "filters": [
                (f.field, f.op, [_to_wire(value) for value in f.values]) for f in filters or ()
            ],
            "order": list(order) if order is not None else None,
            "limit": limit,
            "offset": offset,
            "properties": [],
        }
        text = "/".join(str(part) for part in path)
        return from_wire(await _live().data_get(text, spec))

    @started
    async def control(self, action: str, args: dict[str, Any], path: Sequence[Any]) -> Any:
        """Carries out an action: ``await data.control("stop", {}, ("builds", 7))``."""
        text = "/".join(str(part) for part in path)
        return await _live().control(text, action, args)


class Updates(StepUpdates):
    """Verbs that change something."""

    @started
    async def addChange(
        self,
        files: list[str] | None = None,
        comments: str | None = None,
        author: str | None = None,
        committer: str | None = None,
        revision: str | None = None,
        when_timestamp: float | None = None,
        branch: str | None = None,
        category: Any = None,
        revlink: str | None = "",
        properties: dict[str, Any] | None = None,
        repository: str = "",
        codebase: str | None = None,
        project: str = "",
        src: str | None = None,
    ) -> int:
        """Adds a change; returns its id."""
        draft: dict[str, Any] = {
            "files": list(files or []),
            "comments": comments or "",
            "author": author or "",
            "committer": committer,
            "revision": revision,
            "when_timestamp": None if when_timestamp is None else int(when_timestamp),
            "branch": branch,
            "category": None if callable(category) else category,
            "revlink": revlink or "",
            "properties": {k: (v, "Change") for k, v in (properties or {}).items()},
            "repository": repository,
            "codebase": codebase,
            "project": project,
            "src": src or "",
        }
        complete(draft, category)
        changeid: int = await _live().add_change(draft)
        return changeid


def complete(draft: dict[str, Any], category: Any) -> None:
    """Lets the configuration's functions fill in what the source left open."""
    values = MASTER.values
    if callable(category):
        draft["category"] = category(draft)
    if draft["codebase"] is None:
        generate = values.get("codebaseGenerator")
        draft["codebase"] = generate(draft) if generate is not None else ""
    revlink = values.get("revlink")
    if not draft["revlink"] and draft["revision"] and draft["repository"] and revlink is not None:
        draft["revlink"] = revlink(draft["revision"], draft["repository"]) or ""


class ActiveConfig:
    """What ``self.master.config`` says."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.title = values.get("title", "Buildbot")
        self.titleURL = values.get("titleURL", "")
        self.buildbotURL = values.get("buildbotURL", "")
        self.www = values.get("www", {})


class Master:
    """The running master."""

    def __init__(self) -> None:
        self.data = Data()
        self.db = DBConnector(self.data.get)
        #: Where renderables and services get secrets: ``await master.secrets.get(name)``.
        self.secrets = SecretManager()
        #: Values of the active configuration's keys.
        self.values: dict[str, Any] = {}
        self.basedir = ""
        #: What ``HTTPSession`` takes; sessions need nothing of it.
        self.httpservice: Any = None
        self.config = ActiveConfig({})

    def configured(self, basedir: str, values: dict[str, Any]) -> None:
        """Takes over an active configuration."""
        self.basedir = basedir
        self.values = values
        self.config = ActiveConfig(values)


MASTER = Master()
