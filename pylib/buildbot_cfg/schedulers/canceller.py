# SPDX-License-Identifier: MIT
"""Cancels builds that a newer change has made needless."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from buildbot_cfg import _watch
from buildbot_cfg._checks import check_callable, shown
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.data.resultspec import Filter
from buildbot_cfg.schedulers._listening import ListeningService, passes
from buildbot_cfg.util.ssfilter import SourceStampFilter, extract_filter_values

Stamp = dict[str, Any]
BranchKey = Callable[[Stamp], Any]
_REASON = "Build request has been obsoleted by a newer commit"

#: Each patch set of a change in Gerrit has a branch of its own.
_GERRIT = re.compile(r"(refs/changes/\d+/\d+)/\d+")


def check_builders(label: str, key: str, value: Any) -> None:
    """Reports what is neither a builder's name nor a list of them."""
    try:
        extract_filter_values(value, key)
    except ValueError as error:
        report(f"{error}, not {shown(value)}", label)


def branch_without_patch_set(stamp: Stamp) -> Any:
    """The branch of a source stamp or a change; in Gerrit without the number of the patch set."""
    branch = stamp["branch"]
    found = _GERRIT.match(branch) if isinstance(branch, str) else None
    return found[1] if found else branch


@dataclass(frozen=True)
class _Request:
    """One that waits or runs: what its source stamps are, and since when."""

    builder: str
    since: int
    kinds: frozenset[Hashable]


class OldBuildCanceller(ListeningService):
    """Cancels builds and requests when a newer change of the same branch is to be built.

    Args:
        name: unique among services.
        filters: a list of pairs: builders (a name or a list of names), and a SourceStampFilter.
        branch_key: a function (source stamp or change) that gives what counts as the same branch;
            by default the branch, in Gerrit without the number of the patch set.

    Example:
        >>> OldBuildCanceller(
        ...     "old builds", [(["tests", "docs"], SourceStampFilter(branch_not_eq=["main"]))]
        ... ).name
        'old builds'
    """

    compare_attrs = ("filters",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._filters: dict[str, list[SourceStampFilter]] = {}
        self._branch_key: BranchKey = branch_without_patch_set
        self._tracked: dict[int, _Request] = {}
        self._requests: dict[Hashable, set[int]] = {}
        self._names: dict[int, str] = {}
        #: When the newest change of each kind came, of those that requests wait for.
        self._changed: dict[Hashable, int] = {}
        self._clock = 0
        super().__init__(*args, **kwargs)

    def checkConfig(
        self,
        name: str,
        filters: list[tuple[Any, SourceStampFilter]],
        branch_key: BranchKey | None = None,
    ) -> Any:
        """Reports what is wrong with the arguments."""
        self.name = name
        check_callable(self.label, "branch_key", branch_key)
        if not isinstance(filters, list):
            what = f'"filters" must be a list of tuples (builders, filter), not {shown(filters)}'
            report(what, self.label)
            return
        for item in filters:
            if (
                not isinstance(item, tuple)
                or len(item) != 2
                or not isinstance(item[1], SourceStampFilter)
            ):
                what = (
                    '"filters" must be a list of tuples (builders, SourceStampFilter); '
                    f"one of them is {shown(item)}"
                )
                report(what, self.label)
            else:
                check_builders(self.label, "builders", item[0])

    @started
    async def reconfigService(
        self,
        name: str,
        filters: list[tuple[Any, SourceStampFilter]],
        branch_key: BranchKey | None = None,
    ) -> None:
        """Takes over the filters; requests that are watched stay so, others may become so."""
        self._branch_key = branch_key or branch_without_patch_set
        self._filters = {}
        for builders, wanted in filters:
            for builder in extract_filter_values(builders, "builders"):
                self._filters.setdefault(builder, []).append(wanted)
        if self.running:
            async with self.turn():
                await self._take_all()

    @started
    async def startService(self) -> None:
        """Begins to listen, and looks at what waits and runs already."""
        await awaited(super().startService())
        async with self.turn():
            await self.listen(("changes", None, "new"), self._take_change)
            await self.listen(("buildrequests", None, "new"), self._take_request)
            await self.listen(("buildrequests", None, "complete"), self._take_complete)
            await self._take_all()

    async def _take_all(self) -> None:
        """Watches what waits or runs already."""
        if not self._filters:
            return
        get = self.master.data.get
        names = Filter("name", "eq", sorted(self._filters))
        builders = await get(("builders",), filters=[names], fields=["builderid"])
        if not builders:
            return
        of_builders = Filter("builderid", "eq", [row["builderid"] for row in builders])
        is_open = Filter("complete", "eq", [False])
        for row in await get(("buildrequests",), filters=[is_open, of_builders]):
            if row["buildrequestid"] not in self._tracked:
                await self.contained(self._take_known, row)

    async def _take_known(self, row: dict[str, Any]) -> None:
        await self._track(row, await self._builder_of(row), await self._stamps_of(row))

    async def _take_change(self, change: dict[str, Any]) -> None:
        kind = await self._kind_of(change)
        if kind in self._requests:
            self._clock += 1
            self._changed[kind] = self._clock

    async def _take_request(self, row: dict[str, Any]) -> None:
        builder, number = await self._builder_of(row), row["buildrequestid"]
        if builder not in self._filters and not self._tracked:
            return
        stamps = await self._stamps_of(row)
        for stamp in stamps:
            if stamp["branch"] is None:
                continue
            kind = await self._kind_of(stamp)
            for old in sorted(self._requests.get(kind, ())):
                known = self._tracked[old]
                is_older = known.builder == builder and known.since < self._changed.get(kind, 0)
                if is_older and old < number:
                    self._forget(old)
                    await self.cancel(old, _REASON)
        await self._track(row, builder, stamps)

    async def _take_complete(self, row: dict[str, Any]) -> None:
        self._forget(row["buildrequestid"])

    async def _builder_of(self, row: dict[str, Any]) -> str:
        number = row["builderid"]
        if number not in self._names:
            self._names[number] = (await self.master.data.get(("builders", number)))["name"]
        return self._names[number]

    async def _stamps_of(self, row: dict[str, Any]) -> list[Stamp]:
        buildset = await self.master.data.get(("buildsets", row["buildsetid"]))
        stamps: list[Stamp] = buildset["sourcestamps"]
        return stamps

    async def _track(self, row: dict[str, Any], builder: str, stamps: list[Stamp]) -> None:
        filters = self._filters.get(builder)
        if not filters or any(stamp["branch"] is None for stamp in stamps):
            return
        kinds = [await self._kind_of(stamp) for stamp in stamps if await passes(filters, stamp)]
        if kinds:
            number = row["buildrequestid"]
            self._forget(number)
            self._tracked[number] = _Request(builder, self._clock, frozenset(kinds))
            for kind in kinds:
                self._requests.setdefault(kind, set()).add(number)

    async def _kind_of(self, stamp: Stamp) -> Hashable:
        key = await _watch.ask(self._branch_key, stamp)
        kind = (stamp["project"], stamp["codebase"], stamp["repository"], key)
        hash(kind)  # a key that has none is told here
        return kind

    def _forget(self, number: int) -> None:
        known = self._tracked.pop(number, None)
        for kind in known.kinds if known else ():
            self._requests[kind].discard(number)
            if not self._requests[kind]:
                del self._requests[kind]
                self._changed.pop(kind, None)
