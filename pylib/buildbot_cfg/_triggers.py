# SPDX-License-Identifier: MIT
"""Steps that trigger a scheduler which decides in Python."""

from __future__ import annotations

import itertools
from typing import Any

from buildbot_cfg import _services, _watch
from buildbot_cfg._tasks import awaited
from buildbot_cfg.process.properties import Properties

_tickets = itertools.count(1)
_results: dict[int, Any] = {}


async def trigger_scheduler(
    scheduler: Any, order: dict[str, Any]
) -> tuple[int, int, dict[int, int]]:
    """Triggers it; gives what :func:`trigger_results` takes, the buildset (0: later) and requests.

    Raises:
        RuntimeError: it does not run.
    """
    running = _services.running("scheduler").get(scheduler.name)
    if running is None:
        raise RuntimeError(f"{scheduler.label} does not run")
    begun = await _watch.ask(
        lambda: running.trigger(
            order["waited_for"],
            sourcestamps=[_stamp(stamp) for stamp in order["sourcestamps"]],
            set_props=Properties.fromDict(order["properties"]),
            parent_buildid=order["parent_buildid"],
            parent_relationship=order["parent_relationship"],
        )
    )
    ids, results = begun
    bsid, brids = await awaited(ids)
    ticket = next(_tickets)
    _results[ticket] = results
    return ticket, bsid or 0, brids or {}


async def trigger_results(ticket: int) -> int:
    """Waits for the end."""
    found = await awaited(_results.pop(ticket))
    results: int = found[0] if isinstance(found, tuple) else found
    return results


def _stamp(given: dict[str, Any]) -> dict[str, Any]:
    stamp = dict(given)
    patch = stamp.pop("patch", None)
    for key in ("body", "level", "subdir", "author", "comment"):
        if patch is not None:
            stamp[f"patch_{key}"] = patch[key]
    return stamp
