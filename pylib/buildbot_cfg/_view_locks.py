# SPDX-License-Identifier: MIT
"""Locks and their accesses as the core reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken
from buildbot_cfg._errors import report, warn
from buildbot_cfg._where import Location
from buildbot_cfg.locks import BaseLockId, LockAccess, WorkerLock
from buildbot_cfg.process._rendering import holds_renderable

#: Whether it is of workers, name, places, places by worker.
LockView = tuple[bool, str, int, dict[str, int]]
#: The same with: exclusive, how many places.
AccessView = tuple[bool, str, int, dict[str, int], bool, int]

_MOST = 2**31 - 1


def lock_view(lock: BaseLockId) -> LockView:
    """One lock."""
    given: Any = lock
    own = given.maxCountForWorker if isinstance(lock, WorkerLock) else {}
    places = {worker: min(count, _MOST) for worker, count in own.items()}
    return isinstance(lock, WorkerLock), given.name, min(given.maxCount, _MOST), places


def access_views(given: Any) -> list[AccessView]:
    """A list without renderables; TypeError says what is wrong with it."""
    if not given:
        return []
    if not isinstance(given, (list, tuple)):
        raise TypeError(f'"locks" must be a list of lock accesses, not {shown(given)}')
    return [_view(item) for item in given]


def _view(given: Any) -> AccessView:
    access = given.defaultAccess() if isinstance(given, BaseLockId) else given
    if not isinstance(access, LockAccess):
        what = f'"locks" must hold accesses such as lock.access("counting"), not {shown(given)}'
        raise TypeError(what)
    mode = access.mode == "exclusive"
    return (*lock_view(access.lockid), mode, min(access.count, _MOST))


def checked(given: Any, label: str, where: Callable[[], Location]) -> list[AccessView]:
    """The same for a list of the configuration: what is wrong is reported. Rendered lists: []."""
    if not given or holds_renderable(given):
        return []
    if isinstance(given, (list, tuple)):  # what is wrong with a lock was said when it was made
        given = [item for item in given if not is_broken(getattr(item, "lockid", item))]
    try:
        views = access_views(given)
    except TypeError as error:
        report(str(error), label, where())
        return []
    for _, name, places, own, _, count in views:
        most = max(places, *own.values()) if own else places
        if count > most:
            what = f'it takes {count} places of lock "{name}", which has {most}: it never gets them'
            warn(what, label, where())
    return views
