# SPDX-License-Identifier: MIT
"""Cancels the rest of a buildset when one of its builds has failed."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import awaited, done, started
from buildbot_cfg.data.resultspec import Filter
from buildbot_cfg.process.results import FAILURE
from buildbot_cfg.schedulers._listening import ListeningService, passes
from buildbot_cfg.schedulers.canceller import check_builders
from buildbot_cfg.util.ssfilter import SourceStampFilter, extract_filter_values

_REASON = "Build has been cancelled because another build in the same buildset failed"


class FailingBuildsetCanceller(ListeningService):
    """Cancels the other builds of a buildset when one has failed.

    Args:
        name: unique among services.
        filters: a list of triples: builders to watch, builders to cancel (None: all), and a
            SourceStampFilter.

    Example:
        >>> FailingBuildsetCanceller(
        ...     "failing", [("quick tests", ["slow tests"], SourceStampFilter())]
        ... ).name
        'failing'
    """

    compare_attrs = ("filters",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._filters: dict[str, list[tuple[list[str] | None, SourceStampFilter]]] = {}
        super().__init__(*args, **kwargs)

    def checkConfig(self, name: str, filters: list[tuple[Any, Any, SourceStampFilter]]) -> Any:
        """Reports what is wrong with the arguments."""
        self.name = name
        if not isinstance(filters, list):
            what = '"filters" must be a list of tuples (builders, builders to cancel, filter)'
            report(f"{what}, not {shown(filters)}", self.label)
            return
        for item in filters:
            if (
                not isinstance(item, tuple)
                or len(item) != 3
                or not isinstance(item[2], SourceStampFilter)
            ):
                what = (
                    '"filters" must be a list of tuples (builders to track, builders to cancel, '
                    f"SourceStampFilter); one of them is {shown(item)}"
                )
                report(what, self.label)
                continue
            check_builders(self.label, "builders", item[0])
            if item[1] is not None:
                check_builders(self.label, "builders_to_cancel", item[1])

    def reconfigService(self, name: str, filters: list[tuple[Any, Any, SourceStampFilter]]) -> Any:
        """Takes over the filters."""
        self._filters = {}
        for watched, to_cancel, wanted in filters:
            if to_cancel is not None:
                to_cancel = extract_filter_values(to_cancel, "builders_to_cancel")
            for builder in extract_filter_values(watched, "builders"):
                self._filters.setdefault(builder, []).append((to_cancel, wanted))
        return done()

    @started
    async def startService(self) -> None:
        """Begins to listen."""
        await awaited(super().startService())
        await self.listen(("builds", None, "finished"), self._take_build)

    async def _take_build(self, build: dict[str, Any]) -> None:
        if build["results"] != FAILURE:
            return
        get = self.master.data.get
        request = await get(("buildrequests", build["buildrequestid"]))
        filters = self._filters.get(await self._builder_of(request))
        if not filters:
            return
        buildset = await get(("buildsets", request["buildsetid"]))
        stamps = buildset["sourcestamps"]
        lists = [
            names
            for names, wanted in filters
            if any([await passes([wanted], stamp) for stamp in stamps])
        ]
        if not lists:
            return
        open_rows = [
            Filter("buildsetid", "eq", [buildset["bsid"]]),
            Filter("complete", "eq", [False]),
        ]
        for row in await get(("buildrequests",), filters=open_rows):
            name = await self._builder_of(row)
            is_meant = any(names is None or name in names for names in lists)
            if is_meant and row["buildrequestid"] != request["buildrequestid"]:
                await self.cancel(row["buildrequestid"], _REASON)

    async def _builder_of(self, request: dict[str, Any]) -> str:
        builder = await self.master.data.get(("builders", request["builderid"]))
        name: str = builder["name"]
        return name
