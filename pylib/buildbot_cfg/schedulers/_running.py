# SPDX-License-Identifier: MIT
"""What schedulers do that decide in Python: those whose class overrides one of these methods.

All others are decided upon by the engine, which needs none of this. Each question to code of the
user's has the deadline of callbacks; an answer that does not come holds up its own scheduler only.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._declared import is_function_of_ours
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg._where import Location, place
from buildbot_cfg.changes.changes import Change
from buildbot_cfg.db.changes import ChangeModel
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.properties import Properties

_NONE = object()
#: So long the start of the master waits for ``activate``; it goes on in the background.
_PATIENCE_S = 5.0


class RunningScheduler:
    """A scheduler's life and its buildsets, in methods that users override."""

    name: str
    builderNames: Any
    codebases: dict[str, dict[str, Any]]
    priority: Any
    properties: Any
    label: Any

    active = False
    _changes: Any = None
    _switch: Any = None
    _turn: asyncio.Lock | None = None
    _starting: asyncio.Task[None] | None = None
    #: Of classes with a reconfigService of their own: what that gets.
    _config_arguments: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    @property
    def master(self) -> Any:
        """The running master."""
        from buildbot_cfg._master import MASTER

        return MASTER

    @property
    def location(self) -> Location:
        """Where the user's file makes it."""
        return place(self)

    def isActive(self) -> bool:
        """Whether it runs here."""
        return self.active

    # -- what the registry of running services calls -----------------------------------------------

    def is_same_as(self, other: Any) -> bool:
        """Whether the other one was made in the same way."""
        mine, its = self._recipe(), other._recipe()  # type: ignore[attr-defined]
        return bool(mine[0] is its[0] and mine[1:] == its[1:])

    async def start(self) -> None:
        """Begins its work; what takes long goes on in the background."""
        self._turn = asyncio.Lock()
        props = Properties()
        props.update(dict(self.properties), "Scheduler")
        props.setProperty("scheduler", self.name, "Scheduler")
        self.properties = props
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
        await self._set_active(True)

    async def _switched(self, key: Any, row: dict[str, Any]) -> None:
        if row["name"] == self.name and bool(row["enabled"]) != self.active:
            await self._set_active(bool(row["enabled"]))

    async def _set_active(self, active: bool) -> None:
        self.active = active
        await self._guarded("activate" if active else "deactivate", self._activation(active))

    def _activation(self, active: bool) -> Callable[[], Any]:
        return self.activate if active else self.deactivate

    async def _guarded(
        self, what: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Calls code of the user's; what it raises is told in the log."""
        try:
            return await _watch.ask(lambda: function(*args, **kwargs))
        except Exception as error:
            trace = "" if isinstance(error, TimeoutError) else f"\n{traceback.format_exc()}"
            _bridge.log("error", f"{self.label}: {what} failed: {error}{trace.rstrip()}")
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

    # -- buildsets ---------------------------------------------------------------------------------

    @started
    async def addBuildsetForSourceStampsWithDefaults(
        self,
        reason: str,
        sourcestamps: Sequence[dict[str, Any]] | None = None,
        waited_for: bool = False,
        properties: Any = None,
        builderNames: Any = None,
        priority: Any = None,
        **kw: Any,
    ) -> tuple[int, dict[int, int]]:
        """Adds a buildset; codebases that are not given get the scheduler's defaults.

        Args:
            reason: why.
            sourcestamps: dicts.
            waited_for: somebody waits for it.
            properties: further Properties.
            builderNames: instead of the scheduler's.
            priority: instead of the scheduler's.
            **kw: further arguments of ``master.data.updates.addBuildset``.
        """
        given = {stamp["codebase"]: stamp for stamp in sourcestamps or ()}
        stamps = []
        for codebase in sorted(set(self.codebases) | set(given)):
            stamp = await self._default_stamp(codebase)
            stamp.update(given.get(codebase, {}))
            stamps.append(stamp)
        added: tuple[int, dict[int, int]] = await awaited(
            self.addBuildsetForSourceStamps(
                sourcestamps=stamps,
                reason=reason,
                waited_for=waited_for,
                properties=properties,
                builderNames=builderNames,
                priority=priority,
                **kw,
            )
        )
        return added

    @started
    async def addBuildsetForChanges(
        self,
        waited_for: bool = False,
        reason: str = "",
        external_idstring: str | None = None,
        changeids: Sequence[int] | None = None,
        builderNames: Any = None,
        properties: Any = None,
        priority: Any = None,
        **kw: Any,
    ) -> tuple[int, dict[int, int]]:
        """Adds a buildset for changes: of each codebase the newest one is built.

        Args:
            waited_for: somebody waits for it.
            reason: why.
            external_idstring: a name for it elsewhere.
            changeids: the changes.
            builderNames: instead of the scheduler's.
            properties: further Properties.
            priority: instead of the scheduler's.
            **kw: further arguments of ``master.data.updates.addBuildset``.
        """
        if not changeids:
            raise AssertionError("changeids must not be empty")
        rows = [await self.master.data.get(("changes", number)) for number in sorted(changeids)]
        newest = {row["codebase"]: row for row in rows if row is not None}
        stamps: list[Any] = []
        for codebase in sorted(self.codebases):
            if codebase in newest:
                stamps.append(newest[codebase]["sourcestamp"]["ssid"])
            else:
                stamps.append(await self._default_stamp(codebase))
        if priority is None:
            priority = self.priority
        if callable(priority):
            names = builderNames or self.builderNames
            priority = await _watch.ask(priority, names, _by_codebase(rows))
        added: tuple[int, dict[int, int]] = await awaited(
            self.addBuildsetForSourceStamps(
                sourcestamps=stamps,
                reason=reason,
                waited_for=waited_for,
                external_idstring=external_idstring,
                builderNames=builderNames,
                properties=properties,
                priority=priority,
                **kw,
            )
        )
        return added

    @started
    async def addBuildsetForSourceStamps(
        self,
        waited_for: bool = False,
        sourcestamps: Sequence[Any] | None = None,
        reason: str = "",
        external_idstring: str | None = None,
        properties: Any = None,
        builderNames: Any = None,
        priority: Any = None,
        **kw: Any,
    ) -> tuple[int, dict[int, int]]:
        """Adds a buildset for these source stamps as they are; gives its id and its requests.

        Args:
            waited_for: somebody waits for it.
            sourcestamps: dicts, or ids.
            reason: why.
            external_idstring: a name for it elsewhere.
            properties: further Properties.
            builderNames: instead of the scheduler's.
            priority: instead of the scheduler's.
            **kw: further arguments of ``master.data.updates.addBuildset``.
        """
        changes = await self._changes_of(sourcestamps or ())
        props = Properties()
        if properties is not None:
            props.updateFromProperties(properties)
        props.updateFromProperties(_sourced(self.properties, self.name))
        for row in changes:
            props.updateFromProperties(Properties.fromDict(row["properties"]))
        props.master, props.changes = self.master, changes
        props.sourcestamps = [
            stamp
            if isinstance(stamp, dict)
            else await self.master.data.get(("sourcestamps", stamp))
            for stamp in sourcestamps or ()
        ]
        names = await render(builderNames or self.builderNames, props)
        if priority is None:
            priority = self.priority
        if callable(priority):
            priority = await _watch.ask(priority, names, _by_codebase(changes))
        return await self.master.data.updates.addBuildset(  # type: ignore[no-any-return]
            scheduler=self.name,
            sourcestamps=sourcestamps,
            reason=reason,
            waited_for=waited_for,
            properties={n: (await render(v, props), source) for n, v, source in props.asList()},
            builderids=await self._builder_ids(names),
            external_idstring=external_idstring,
            priority=priority or 0,
            **kw,
        )

    async def _default_stamp(self, codebase: str) -> dict[str, Any]:
        given: dict[str, Any] = {}
        if codebase in self.codebases:
            given = await awaited(self.getCodebaseDict(codebase))
        return {
            "codebase": codebase,
            "branch": given.get("branch"),
            "revision": given.get("revision"),
            "repository": given.get("repository") or "",
            "project": given.get("project") or "",
        }

    async def _changes_of(self, stamps: Sequence[Any]) -> list[dict[str, Any]]:
        found = []
        for stamp in stamps:
            if not isinstance(stamp, dict):
                rows = await self.master.data.get(("sourcestamps", stamp, "changes"))
                found += rows[:1]
        return found

    async def _builder_ids(self, names: Sequence[str]) -> list[int]:
        ids = []
        for name in dict.fromkeys(names):
            try:
                ids.append(await self.master.data.updates.findBuilderId(name))
            except KeyError:
                what = f'{self.label}: builder "{name}" is not configured: nothing is built there'
                _bridge.log("warning", what)
        return ids

    def getCodebaseDict(self, codebase: str) -> Any:
        """The defaults of a codebase; may be async."""
        return self.codebases[codebase]

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

    async def _keep(self, kept: dict[int, tuple[str, bool]]) -> None:
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


def _by_codebase(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["codebase"], []).append(ChangeModel.from_row(row))
    return found


def _sourced(properties: Any, name: str) -> Properties:
    """The scheduler's own ones; users may have put a plain dict there."""
    if isinstance(properties, Properties):
        return properties
    props = Properties()
    props.update(dict(properties or {}), "Scheduler")
    props.setProperty("scheduler", name, "Scheduler")
    return props


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
