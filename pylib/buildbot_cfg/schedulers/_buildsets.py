# SPDX-License-Identifier: MIT
"""How schedulers that decide in Python order builds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._tasks import started
from buildbot_cfg.process._rendering import render
from buildbot_cfg.process.properties import Properties


class AddsBuildsets:
    """The three verbs for it, which users override."""

    name: str
    builderNames: Any
    codebases: dict[str, dict[str, Any]]
    priority: Any
    properties: Any
    label: Any

    @property
    def master(self) -> Any:
        """The running master."""
        from buildbot_cfg._master import MASTER

        return MASTER

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
        added: tuple[int, dict[int, int]] = await _watch.follow(
            self.addBuildsetForSourceStamps,
            sourcestamps=stamps,
            reason=reason,
            waited_for=waited_for,
            properties=properties,
            builderNames=builderNames,
            priority=priority,
            **kw,
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
        added: tuple[int, dict[int, int]] = await _watch.follow(
            self.addBuildsetForSourceStamps,
            sourcestamps=stamps,
            reason=reason,
            waited_for=waited_for,
            external_idstring=external_idstring,
            builderNames=builderNames,
            properties=properties,
            priority=priority,
            **kw,
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
        props.updateFromProperties(with_scheduler(self.properties, self.name))
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
            given = await _watch.follow(self.getCodebaseDict, codebase)
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


def _by_codebase(rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    from buildbot_cfg.db.changes import ChangeModel  # who only checks a file needs none of it

    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["codebase"], []).append(ChangeModel.from_row(row))
    return found


def with_scheduler(properties: Any, name: str) -> Properties:
    """A scheduler's own ones with its name; users may have put a plain dict there."""
    if isinstance(properties, Properties):
        return properties
    props = Properties()
    props.update(dict(properties or {}), "Scheduler")
    props.setProperty("scheduler", name, "Scheduler")
    return props
