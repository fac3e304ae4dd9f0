# SPDX-License-Identifier: MIT
"""What user code has to say when builds are ordered and changes come in."""

from __future__ import annotations

from typing import Any

from buildbot_cfg import _watch
from buildbot_cfg.db.changes import ChangeModel
from buildbot_cfg.process._rendering import holds_renderable, render
from buildbot_cfg.process.properties import Properties


def computes(scheduler: Any) -> bool:
    """Whether the scheduler's orders depend on user code."""
    return (
        callable(scheduler.priority)
        or holds_renderable(scheduler.builderNames)
        or holds_renderable(scheduler.properties)
    )


async def complete_order(scheduler: Any, draft: dict[str, Any]) -> dict[str, Any]:
    """The order with rendered properties and builders, and with its priority."""
    from buildbot_cfg._master import MASTER

    rows = draft["changes"]
    newest = {row["codebase"]: row for row in rows}
    props = Properties.fromDict(draft["properties"])
    props.master, props.sourcestamps = MASTER, draft["sourcestamps"]
    props.changes = list(newest.values())
    of_changes = {name for row in newest.values() for name in row["properties"]}
    for name, value in scheduler.properties.items():
        if holds_renderable(value) and name not in of_changes:  # those of changes win
            props.properties[name] = (value, "Scheduler")
    names = await _builders(scheduler, props)
    rendered = {
        name: (await render(value, props), source) for name, value, source in props.asList()
    }
    priority = scheduler.priority
    if callable(priority):
        by_codebase: dict[str, list[ChangeModel]] = {}
        for row in rows:
            by_codebase.setdefault(row["codebase"], []).append(ChangeModel.from_row(row))
        priority = await _watch.ask(priority, names, by_codebase)
        if isinstance(priority, bool) or not isinstance(priority, int):
            raise TypeError(f"the priority function must return an integer, not {priority!r}")
    return {
        "builder_names": names,
        "properties": rendered,
        "priority": draft["priority"] if priority is None else priority,
    }


async def _builders(scheduler: Any, props: Properties) -> list[str]:
    names = await render(scheduler.builderNames, props)
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise TypeError(f'"builderNames" must become a list of strings, not {names!r}')
    return list(names)


async def complete_change(draft: dict[str, Any]) -> dict[str, Any]:
    """A change with what the configuration's functions fill in; a codebase of None is open."""
    from buildbot_cfg._master import complete

    complete(draft, draft["category"])
    return draft
