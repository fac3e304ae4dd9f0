# SPDX-License-Identifier: MIT
"""What schedulers do that decide in Python: those whose class overrides one of these methods.

All others are decided upon by the engine, which needs none of this. No code of the user's may run
longer than callbacks may; an answer that does not come holds up its own scheduler only.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Collection
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._declared import is_function_of_ours
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg._where import Location, place
from buildbot_cfg.schedulers._buildsets import AddsBuildsets, with_scheduler
from buildbot_cfg.util.service import same

_NONE = object()
#: So long a scheduler waits for an answer of its user's code before the next question.
LONGEST_WAIT_S = 60.0
#: So long the start of the master waits for ``activate``; it goes on in the background.
_PATIENCE_S = 5.0


class RunningScheduler(AddsBuildsets):
    """A scheduler's life and its buildsets, in methods that users override."""

    active = False
    #: What its last event said; None: there was none yet.
    _told_enabled: bool | None = None
    _changes: Any = None
    _switch: Any = None
    _turn: asyncio.Lock | None = None
    _editor: asyncio.Lock | None = None
    _starting: asyncio.Task[None] | None = None
    #: Of classes with a reconfigService of their own: what that gets.
    _config_arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    @property
    def location(self) -> Location:
        """Where the user's file makes it."""
        return place(self)

    @property
    def enabled(self) -> bool:
        """Whether it is switched on now."""
        if self._told_enabled is not None:
            return self._told_enabled
        return bool(self.master.mirror.is_enabled(self.name))

    def isActive(self) -> bool:
        """Whether it runs here."""
        return self.active

    # -- what the registry of running services calls -----------------------------------------------

    def is_same_as(self, other: Any) -> bool:
        """Whether the other one was made in the same way."""
        mine, its = self._recipe(), other._recipe()  # type: ignore[attr-defined]
        return mine[0] is its[0] and same(mine[1:], its[1:])

    async def start(self) -> None:
        """Begins its work; what takes long goes on in the background."""
        self._turn = asyncio.Lock()
        self.properties = with_scheduler(self.properties, self.name)
        self._switch = await self.master.mq.startConsuming(
            self._switched, ("schedulers", None, "updated")
        )
        self._starting = asyncio.ensure_future(self._begin())
        await asyncio.wait([self._starting], timeout=_PATIENCE_S)

    async def stop(self) -> None:
        """Ends its work."""
        if self._starting is not None:
            self._starting.cancel()
        if self._switch is not None:
            await awaited(self._switch.stopConsuming())
            self._switch = None
        if self.active:
            await self._set_active(False)

    async def _begin(self) -> None:
        if self._config_arguments is not None:
            args, kwargs = self._config_arguments
            await self._guarded("reconfigService", self.reconfigService, *args, **kwargs)  # type: ignore[attr-defined]
        # Of a disabled one too, which looks at `enabled` by itself.
        self.active = self.enabled
        await self._guarded("activate", self.activate)

    async def _switched(self, key: Any, row: dict[str, Any]) -> None:
        if row["name"] == self.name:
            self._told_enabled = bool(row["enabled"])
            if self._told_enabled != self.active:
                await self._set_active(self._told_enabled)

    async def _set_active(self, active: bool) -> None:
        self.active = active
        what = "activate" if active else "deactivate"
        await self._guarded(what, self.activate if active else self.deactivate)

    async def _guarded(
        self, what: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Calls code of the user's; what it raises is told in the log.

        One that does not answer goes on in the background.
        """
        task = asyncio.ensure_future(_watch.follow(function, *args, **kwargs))
        keep(task)
        if not (await asyncio.wait([task], timeout=LONGEST_WAIT_S))[0]:
            told = f"{what} has not answered for {LONGEST_WAIT_S:g} s: it goes on without"
            _bridge.log("error", f"{self.label}: {told}")
            return None
        error = task.exception()
        if error is None:
            return task.result()
        trace = "".join(traceback.format_exception(error)).rstrip()
        shown = error if isinstance(error, TimeoutError) else f"{error}\n{trace}"
        _bridge.log("error", f"{self.label}: {what} failed: {shown}")
        return None

    # -- what users override -----------------------------------------------------------------------

    @started
    async def activate(self) -> None:
        """Begins its work: when the master has started, and when it is enabled again."""

    @started
    async def deactivate(self) -> None:
        """Ends its work: when the master ends, and when it is disabled."""
        await self._stopConsumingChanges()

    def gotChange(self, change: Any, important: bool) -> Any:
        """A change has passed the filter.

        Args:
            change: the change.
            important: what ``fileIsImportant`` says of it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no gotChange()")

    @started
    async def startConsumingChanges(
        self,
        fileIsImportant: Callable[[Any], Any] | None = None,
        change_filter: Any = None,
        onlyImportant: bool = False,
    ) -> None:
        """Calls gotChange for each new change that passes, one after the other.

        Args:
            fileIsImportant: a function (change).
            change_filter: which changes count; None: all of its codebases.
            onlyImportant: leave unimportant ones out.
        """
        if fileIsImportant is not None and not callable(fileIsImportant):
            raise AssertionError("fileIsImportant must be a function")
        await self._stopConsumingChanges()

        async def heard(_key: Any, row: dict[str, Any]) -> None:
            assert self._turn is not None
            async with self._turn:
                if self._changes is not None:
                    await self._judge(row, fileIsImportant, change_filter, onlyImportant)

        self._changes = await self.master.mq.startConsuming(heard, ("changes", None, "new"))

    async def _stopConsumingChanges(self) -> None:
        consumer, self._changes = self._changes, None
        if consumer is not None:
            await awaited(consumer.stopConsuming())

    async def _judge(
        self, row: dict[str, Any], is_important: Any, chosen: Any, only_important: bool
    ) -> None:
        from buildbot_cfg.changes.changes import Change

        if row["codebase"] not in self.codebases:
            what = (
                f'change {row["changeid"]} of codebase "{row["codebase"]}" is not for {self.label}'
            )
            _bridge.log("info", what)
            return
        change = Change.from_row(row)
        try:
            if chosen is not None and not await _watch.ask(chosen.filter_change, change):
                return
            important = is_important is None or bool(await _watch.ask(is_important, change))
        except Exception:
            text = traceback.format_exc()
            _bridge.log("error", f"{self.label} failed on change {change.number}:\n{text}")
            return
        if important or not only_important:
            await self._guarded(
                f"gotChange of change {change.number}", self.gotChange, change, important
            )

    # -- values that outlive the master ------------------------------------------------------------

    @started
    async def getState(self, name: str, default: Any = _NONE) -> Any:
        """A value.

        Raises:
            KeyError: it was never set, and there is no default.
        """
        found = await self.master.db.state.getState(await self._object(), name, _NONE)
        if found is not _NONE:
            return found
        if default is _NONE:
            raise KeyError(name)
        return default

    @started
    async def setState(self, name: str, value: Any) -> None:
        """Sets a value, which must be plain data."""
        await self.master.db.state.setState(await self._object(), name, value)

    async def _kept(self) -> dict[int, tuple[str, bool]]:
        """Changes that wait: their timers, and whether they are important."""
        stored = await awaited(self.getState("waiting_changes", []))
        return {number: (timer, important) for number, timer, important in stored}

    async def _keep(self, number: int, timer: str, important: bool) -> None:
        async with self._editing():
            await self._store({**await self._kept(), number: (timer, important)})

    async def _drop(self, numbers: Collection[int]) -> None:
        async with self._editing():
            kept = await self._kept()
            await self._store({n: value for n, value in kept.items() if n not in numbers})

    def _editing(self) -> asyncio.Lock:
        """Changes come while others are built: who edits what is kept does it alone."""
        if self._editor is None:
            self._editor = asyncio.Lock()
        return self._editor

    async def _store(self, kept: dict[int, tuple[str, bool]]) -> None:
        rows = [[number, timer, important] for number, (timer, important) in kept.items()]
        await awaited(self.setState("waiting_changes", rows))

    async def _object(self) -> int:
        objectid: int = await self.master.db.state.getObjectId(self.name, type(self).__name__)
        return objectid


async def completed(ids: Any) -> tuple[int, dict[int, int]]:
    """Waits for the end of a buildset that is being added; its results and requests."""
    from buildbot_cfg._master import MASTER

    bsid, brids = await ids
    path = ("buildsets", bsid)

    async def is_over() -> bool:
        return bool((await MASTER.data.get(path))["complete"])

    await MASTER.mq.waitUntilEvent(("buildsets", str(bsid), "complete"), is_over)
    results: int = (await MASTER.data.get(path))["results"]
    return results, brids


class AbsoluteSourceStampsMixin:
    """Codebases without a change get the newest revision that was seen of them."""

    createAbsoluteSourceStamps = False

    @started
    async def recordChange(self: Any, change: Any) -> None:
        """Remembers what the change made of its codebase."""
        if not self.createAbsoluteSourceStamps:
            return
        seen = await awaited(self.getState("lastCodebases", {}))
        newest = seen.get(change.codebase, {}).get("lastChange", 0)
        if change.number is None or newest >= change.number:
            return
        seen[change.codebase] = {
            "repository": change.repository,
            "branch": change.branch,
            "revision": change.revision,
            "lastChange": change.number,
        }
        await awaited(self.setState("lastCodebases", seen))

    @started
    async def getCodebaseDict(self: Any, codebase: str) -> dict[str, Any]:
        """The defaults of a codebase, and what was seen of it."""
        found = dict(self.codebases[codebase])
        if self.createAbsoluteSourceStamps:
            seen = await awaited(self.getState("lastCodebases", {}))
            found.update(seen.get(codebase, {}))
        return found


_unawaited: set[asyncio.Future[Any]] = set()


def keep(task: asyncio.Future[Any]) -> None:
    """Holds on to a task that nobody awaits."""
    _unawaited.add(task)
    task.add_done_callback(_unawaited.discard)


#: Who overrides one of these decides in Python. (A function of builders or changes alone, such as
#: ``fileIsImportant``, is asked by the engine.)
HOOKS = frozenset(
    """
    activate deactivate gotChange startConsumingChanges addBuildsetForChanges
    addBuildsetForSourceStamps addBuildsetForSourceStampsWithDefaults getCodebaseDict
    getTimerNameForChange getChangeClassificationsForTimer stableTimerFired
    scanExistingClassifiedChanges getNextBuildTime scheduleNextBuild startBuild now
    maybe_force_build_on_unimportant_changes trigger reconfigService checkConfig
    """.split()
)
_known: dict[type, bool] = {}


def decides_in_python(cls: type) -> bool:
    """Whether a class of schedulers has a say of its own."""
    if cls not in _known:
        _known[cls] = any(
            not is_function_of_ours(vars(base)[name])
            for base in cls.__mro__
            for name in HOOKS & vars(base).keys()
        )
    return _known[cls]
