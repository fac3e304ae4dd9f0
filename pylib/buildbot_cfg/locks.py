# SPDX-License-Identifier: MIT
"""Locks: how many builds or steps may do something at a time."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg._checks import check_type, shown
from buildbot_cfg._declared import Declared, quoted
from buildbot_cfg._errors import report
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg.util import ComparableMixin

_MODES = ("counting", "exclusive")


class LockAccess(ComparableMixin, metaclass=Declared):
    """One way to take a lock; made by ``lock.access(mode, count)``.

    Args:
        lockid: the lock.
        mode: "counting" (as many at a time as the lock has places) or "exclusive".
        count: how many places it takes; only 1 with "exclusive".
    """

    compare_attrs: ClassVar[Any] = ("lockid", "mode", "count")

    def __init__(self, lockid: BaseLockId, mode: str, count: int = 1) -> None:
        label = quoted(type(lockid).__name__, lockid.name)
        if mode not in _MODES:
            hint = did_you_mean(str(mode), _MODES)
            report(f'mode must be "counting" or "exclusive", not {shown(mode)}{hint}', label)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            report(f"count must be an integer of at least 0, not {shown(count)}", label)
        elif mode == "exclusive" and count != 1:
            report(f"count must be 1 when the mode is exclusive, not {shown(count)}", label)
        self.lockid, self.mode, self.count = lockid, mode, count

    def __repr__(self) -> str:
        return f"{self.lockid!r}.access({self.mode!r}, {self.count!r})"


class BaseLockId(ComparableMixin, metaclass=Declared):
    """What locks of a configuration have in common."""

    name: str

    def _check(self, name: Any, places: Any) -> None:
        label = quoted(type(self).__name__, name)
        check_type(label, "name", name, str)
        check_type(label, "maxCount", places, int)

    def access(self, mode: str, count: int = 1) -> LockAccess:
        """How a builder or step takes it: ``lock.access("counting")``.

        Args:
            mode: "counting" or "exclusive".
            count: how many places to take.
        """
        return LockAccess(self, mode, count)

    def defaultAccess(self) -> LockAccess:
        """How it is taken when a configuration gives the lock itself."""
        return self.access("counting")


class MasterLock(BaseLockId):
    """A lock of the whole master.

    Args:
        name: two locks with the same name and settings are the same lock.
        maxCount: how many may hold it at a time in the mode "counting".

    Example:
        >>> MasterLock("database", maxCount=2).access("counting").mode
        'counting'
    """

    compare_attrs: ClassVar[Any] = ("name", "maxCount")

    def __init__(self, name: str, maxCount: int = 1) -> None:
        self._check(name, maxCount)
        self.name, self.maxCount = name, maxCount

    def __repr__(self) -> str:
        return f"MasterLock({self.name!r}, {self.maxCount!r})"


class WorkerLock(BaseLockId):
    """A lock that each worker has for itself.

    Args:
        name: two locks with the same name and settings are the same lock.
        maxCount: how many may hold it on one worker at a time in the mode "counting".
        maxCountForWorker: other numbers for some workers, by name.
    """

    compare_attrs: ClassVar[Any] = ("name", "maxCount", "_maxCountForWorkerList")

    def __init__(
        self, name: str, maxCount: int = 1, maxCountForWorker: dict[str, int] | None = None
    ) -> None:
        self._check(name, maxCount)
        self.name, self.maxCount = name, maxCount
        if maxCountForWorker is not None and not isinstance(maxCountForWorker, dict):
            what = f'"maxCountForWorker" must be a dict, not {shown(maxCountForWorker)}'
            report(what, quoted("WorkerLock", name))
            maxCountForWorker = None
        for worker, places in (maxCountForWorker or {}).items():
            check_type(quoted("WorkerLock", name), f'maxCountForWorker["{worker}"]', places, int)
        self.maxCountForWorker = dict(maxCountForWorker or {})
        self._maxCountForWorkerList = tuple(sorted(self.maxCountForWorker.items()))

    def __repr__(self) -> str:
        return f"WorkerLock({self.name!r}, {self.maxCount!r}, {self.maxCountForWorker!r})"
