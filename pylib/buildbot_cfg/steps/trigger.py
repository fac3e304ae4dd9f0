# SPDX-License-Identifier: MIT
"""A step that has other builders build."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

from buildbot_cfg._checks import check_type
from buildbot_cfg._errors import report
from buildbot_cfg._master import MASTER
from buildbot_cfg._tasks import awaited
from buildbot_cfg.process._rendering import holds_renderable, render
from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.properties import Properties, Property
from buildbot_cfg.process.results import (
    ALL_RESULTS,
    CANCELLED,
    EXCEPTION,
    SUCCESS,
    statusToString,
    worst_status,
)
from buildbot_cfg.schedulers.timed import NightlyTriggerable
from buildbot_cfg.schedulers.triggerable import Triggerable

_STAMP_KEYS = ("branch", "revision", "repository", "project")


class Trigger(BuildStep):
    """Has :class:`Triggerable` schedulers build, and may wait for them.

    Args:
        schedulerNames: a list of their names.
        waitForFinish: the step ends when all builds have ended, with the worst of their results.
        sourceStamps: what to build: a list of dicts with codebase, branch, revision, repository,
            project. Not given: what this build builds.
        sourceStamp: a single one of them.
        updateSourceStamp: with the revision that this build got (property ``got_revision``).
        alwaysUseLatest: build the schedulers' defaults.
        set_properties: a dict of properties of the builds.
        copy_properties: a list of this build's properties that they get too.
        unimportantSchedulerNames: those whose results do not count.
        parent_relationship: text shown with their buildsets.

    Example:
        >>> Trigger(schedulerNames=["docs"], waitForFinish=True).schedulerNames
        ['docs']
    """

    name = "trigger"
    flunkOnFailure = True
    renderables: ClassVar[list[str]] = [
        "alwaysUseLatest",
        "parent_relationship",
        "schedulerNames",
        "set_properties",
        "sourceStamps",
        "updateSourceStamp",
        "waitForFinish",
    ]

    def __init__(
        self,
        schedulerNames: Any = None,
        sourceStamp: Any = None,
        sourceStamps: Any = None,
        updateSourceStamp: Any = None,
        alwaysUseLatest: Any = False,
        waitForFinish: Any = False,
        set_properties: Any = None,
        copy_properties: Any = None,
        parent_relationship: Any = "Triggered from",
        unimportantSchedulerNames: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.schedulerNames = schedulerNames
        self.unimportantSchedulerNames = unimportantSchedulerNames or []
        self.sourceStamps = [*(sourceStamps or []), *([sourceStamp] if sourceStamp else [])]
        self.updateSourceStamp = updateSourceStamp
        if updateSourceStamp is None:
            self.updateSourceStamp = not (alwaysUseLatest or self.sourceStamps)
        self.alwaysUseLatest = alwaysUseLatest
        self.waitForFinish = waitForFinish
        self.set_properties = dict(set_properties or {})
        self.set_properties.update({name: Property(name) for name in copy_properties or []})
        self.parent_relationship = parent_relationship
        self._check(sourceStamp, sourceStamps, updateSourceStamp)
        #: Names and build requests of what was triggered so far.
        self.triggeredNames: list[str] | None = None
        self.brids: list[int] = []
        self.running = self.ended = False
        self._counts: Counter[int] = Counter()

    def _check(self, one: Any, several: Any, update: Any) -> None:
        label = f'step "{self.name}" (Trigger)'
        if not self.schedulerNames:
            report("a scheduler to trigger is required", label)
        check_type(
            label, "schedulerNames", self.schedulerNames, list, tuple, type(None), renderable=True
        )
        check_type(label, "unimportantSchedulerNames", self.unimportantSchedulerNames, list, tuple)
        given = {
            "sourceStamp": bool(one),
            "sourceStamps": bool(several),
            "alwaysUseLatest": bool(self.alwaysUseLatest),
            "updateSourceStamp": update is not None,
        }
        both = [name for name, is_given in given.items() if is_given]
        if len(both) > 1:
            report(f'"{both[0]}" and "{both[1]}" exclude each other', label)
        names = self.schedulerNames
        if holds_renderable(names) or not isinstance(names, (list, tuple)):
            return
        for name in self.unimportantSchedulerNames:
            if name not in names:
                report(f'"unimportantSchedulerNames" has {name!r}, "schedulerNames" has not', label)

    # -- what subclasses override --------------------------------------------------------------

    def getSchedulersAndProperties(self) -> Any:
        """A dict of sched_name, props_to_set, unimportant for each buildset; may be async."""
        return [
            {
                "sched_name": name,
                "props_to_set": self.set_properties,
                "unimportant": name in self.unimportantSchedulerNames,
            }
            for name in self.schedulerNames
        ]

    def createTriggerProperties(self, properties: dict[str, Any]) -> Properties:
        """The properties of one buildset."""
        made = Properties()
        for name, value in properties.items():
            made.setProperty(name, value, "Trigger")
        return made

    def getSchedulerByName(self, name: str) -> Any:
        """The scheduler of the active configuration.

        Raises:
            ValueError: there is none, or it cannot be triggered.
        """
        for scheduler in MASTER.values.get("schedulers", ()):
            if scheduler.name != name:
                continue
            if not isinstance(scheduler, (Triggerable, NightlyTriggerable)):
                raise ValueError(f"scheduler {name!r} cannot be triggered, it is no Triggerable")
            return scheduler
        raise ValueError(f"unknown triggered scheduler: {name!r}")

    def getAllGotRevisions(self) -> dict[str, Any]:
        """The revisions that this build got, by codebase."""
        revisions = self.getProperty("got_revision", {})
        return revisions if isinstance(revisions, dict) else {"": revisions}

    def prepareSourcestampListForTrigger(self) -> list[dict[str, Any]]:
        """What is built, one dict for each codebase; the schedulers know the others."""
        if self.sourceStamps:
            return [dict(stamp) for stamp in self.sourceStamps]
        if self.alwaysUseLatest:
            return []
        stamps = [source.asDict() for source in self.build.getAllSourceStamps()]
        if self.updateSourceStamp:
            revisions = self.getAllGotRevisions()
            for stamp in stamps:
                if stamp["codebase"] in revisions:
                    stamp["revision"] = revisions[stamp["codebase"]]
        return stamps

    def worstStatus(
        self, overall_results: int, rclist: list[tuple[bool, Any]], unimportant_brids: list[int]
    ) -> int:
        """The worst of the results that count; ``rclist``: (True, (results, requests)) each."""
        for _, (results, requests) in rclist:
            if not all(brid in unimportant_brids for brid in requests.values()) or not requests:
                overall_results = worst_status(overall_results, results) or SUCCESS
        return overall_results

    async def addBuildUrls(self, rclist: list[tuple[bool, Any]]) -> None:
        """Links to the builds that have ended, and counts their results."""
        for _, (_, requests) in rclist:
            for brid in requests.values():
                for build in await self.master.data.get(("buildrequests", brid, "builds")):
                    await self._add_build_url(build)

    async def _add_build_url(self, build: dict[str, Any]) -> None:
        results, builderid, number = build["results"], build["builderid"], build["number"]
        builder = await self.master.data.get(("builders", builderid))
        title = f"{statusToString(results)}: {builder['name']} #{number}"
        await self.addURL(title, f"{self._base_url()}#/builders/{builderid}/builds/{number}")
        self._counts[results] += 1

    def _base_url(self) -> str:
        url: str = self.build.builder.buildbot_url
        return url

    # -- the step ------------------------------------------------------------------------------

    async def run(self) -> int:
        """Triggers them, and waits if that is wanted."""
        entries = [_entry(e) for e in await awaited(self.getSchedulersAndProperties())]
        for entry in entries:
            self.getSchedulerByName(entry["sched_name"])
        stamps = [_wire_stamp(stamp) for stamp in self.prepareSourcestampListForTrigger()]
        self.running, self.triggeredNames = True, []
        overall, unimportant, waits = SUCCESS, [], []
        for entry in entries:
            self.triggeredNames.append(entry["sched_name"])
            if self.ended:
                return CANCELLED
            properties = await self._properties(entry["props_to_set"])
            started, finished = self._in_build.handle.trigger(
                entry["sched_name"],
                properties,
                stamps,
                bool(self.waitForFinish),
                self.parent_relationship,
            )
            try:
                _, requests = await started
            except Exception as error:
                await self.addLogWithException(error)
                overall = EXCEPTION
                continue
            waits.append((finished, requests))
            if entry["unimportant"]:
                unimportant += requests.values()
            await self._show(entry["sched_name"], requests)
        if not self.waitForFinish:
            return overall
        results = await asyncio.gather(*(done for done, _ in waits))
        if self.ended:
            return CANCELLED
        rclist = [(True, (r, requests)) for r, (_, requests) in zip(results, waits, strict=True)]
        await self.addBuildUrls(rclist)
        return self.worstStatus(overall, rclist, unimportant)

    async def _properties(self, given: dict[str, Any]) -> dict[str, tuple[Any, str]]:
        own = self.getProperties()
        made = self.createTriggerProperties(given)
        rendered = {}
        for name, (value, source) in made.asDict().items():
            rendered[name] = (await render(value, own), source)
        return rendered

    async def _show(self, scheduler: str, requests: dict[int, int]) -> None:
        self.brids += requests.values()
        if self.ended:
            await self._cancel(list(requests.values()))
        for brid in requests.values():
            await self.addURL(f"{scheduler} #{brid}", f"{self._base_url()}#/buildrequests/{brid}")
        self.updateSummary()

    def interrupt(self, reason: Any) -> Any:
        """Cancels what was triggered."""
        if self.stopped or not self.running:
            return super().interrupt(reason)
        self.stopped = self.ended = True
        return self._cancel(self.brids)

    async def _cancel(self, brids: list[int]) -> None:
        why = {"reason": "parent build was interrupted"}
        for brid in brids:
            await self.master.data.control("cancel", why, ("buildrequests", brid))

    # -- what is shown -------------------------------------------------------------------------

    def getCurrentSummary(self) -> Any:
        """What was triggered, and how many builds have ended how."""
        if self.ended:
            return {"step": "interrupted"}
        if not self.triggeredNames:
            return {"step": "running"}
        names = dict.fromkeys(self.triggeredNames)
        counts = [
            f"{count} {statusToString(result, count)}"
            for result in ALL_RESULTS
            if (count := self._counts[result])
        ]
        return {"step": "triggered " + ", ".join([*names, *counts])}

    def getResultSummary(self) -> Any:
        """The same when it is done."""
        return self.getCurrentSummary() if self.triggeredNames or self.ended else {}


def _entry(entry: Any) -> dict[str, Any]:
    if isinstance(entry, dict):
        return {"unimportant": False, **entry}
    name, properties = entry
    return {"sched_name": name, "props_to_set": properties, "unimportant": False}


def _wire_stamp(stamp: dict[str, Any]) -> dict[str, Any]:
    """A source stamp of a user's or a build's, as the core takes it."""
    made = {key: stamp[key] for key in _STAMP_KEYS if key in stamp}
    made["codebase"] = stamp.get("codebase") or ""
    if stamp.get("patch_body") is not None:
        made["patch"] = {
            "body": stamp["patch_body"],
            "level": stamp.get("patch_level") or 0,
            "subdir": stamp.get("patch_subdir") or ".",
            "author": stamp.get("patch_author") or "",
            "comment": stamp.get("patch_comment") or "",
        }
    return made
