# SPDX-License-Identifier: MIT
"""``self.master`` in steps, renderers and callbacks."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._live_objects import BotMaster, SchedulerManager, ServiceManager, WorkerManager
from buildbot_cfg._mirror import Mirror, master_name
from buildbot_cfg._step_updates import StepUpdates
from buildbot_cfg._tasks import started
from buildbot_cfg._wire import from_wire, pairs, to_wire
from buildbot_cfg.data.exceptions import InvalidPathError
from buildbot_cfg.data.resultspec import Filter, ResultSpec
from buildbot_cfg.db.connector import DBConnector
from buildbot_cfg.mq.base import MQ
from buildbot_cfg.secrets.manager import SecretManager
from buildbot_cfg.util import bytes2unicode


def _live() -> Any:
    master = _bridge.live_master()
    if master is None:
        raise RuntimeError("there is no running master here")
    return master


class Data:
    """The data API: ``await self.master.data.get(("builds", 7, "steps"))``."""

    def __init__(self) -> None:
        self.updates = Updates(self.get)
        self.master: Any = None

    @started
    async def get(
        self,
        path: Sequence[Any],
        filters: Iterable[Filter] | None = None,
        fields: Sequence[str] | None = None,
        order: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Any:
        """Rows as a list, a single row as a dict, or None when there is no such row.

        Args:
            path: parts of the REST path.
            filters: conditions; all must hold.
            fields: names to give; None: all.
            order: names to sort by, ``-name`` backwards.
            limit: rows at most.
            offset: rows to skip.
        """
        spec = ResultSpec(filters, fields, None, order, limit, offset)
        return await self.get_with_resultspec(path, spec)

    @started
    async def get_with_resultspec(self, path: Sequence[Any], resultSpec: ResultSpec) -> Any:
        """The same for a query in one object.

        Raises:
            InvalidPathError: there is no such path.
        """
        rspec = resultSpec
        spec = {
            "fields": rspec.fields,
            "filters": [(f.field, f.op, [to_wire(v) for v in f.values]) for f in rspec.filters],
            "order": rspec.order,
            "limit": rspec.limit,
            "offset": rspec.offset,
            "properties": [name for wanted in rspec.properties for name in wanted.values],
        }
        text = "/".join(str(part) for part in path)
        try:
            found = from_wire(await _live().data_get(text, spec))
        except Exception as error:
            if _bridge.is_master_error(error) and getattr(error, "code", "") == "not found":
                raise InvalidPathError(text) from error
            raise
        return pairs(found) if path and path[-1] == "properties" else found

    @started
    async def control(self, action: str, args: dict[str, Any], path: Sequence[Any]) -> Any:
        """Carries out an action: ``await data.control("stop", {}, ("builds", 7))``."""
        text = "/".join(str(part) for part in path)
        return await _live().control(text, action, args)


class Updates(StepUpdates):
    """Verbs that change something.

    Args:
        get: ``master.data.get``.
    """

    def __init__(self, get: Callable[..., Awaitable[Any]]) -> None:
        self._get = get

    @started
    async def addBuildset(
        self,
        waited_for: bool,
        scheduler: str | None = None,
        sourcestamps: Sequence[dict[str, Any] | int] | None = None,
        reason: str = "",
        properties: dict[str, tuple[Any, str]] | None = None,
        builderids: Sequence[int] | None = None,
        external_idstring: str | None = None,
        rebuilt_buildid: int | None = None,
        parent_buildid: int | None = None,
        parent_relationship: str | None = None,
        priority: int = 0,
    ) -> tuple[int, dict[int, int]]:
        """Adds a buildset; returns its id and the ids of its requests by builder.

        Args:
            waited_for: somebody waits for it: it is built although the master is shutting down.
            scheduler: what it is announced as the work of.
            sourcestamps: dicts, or ids of source stamps that there are; at least one.
            reason: why.
            properties: (value, source) by name.
            builderids: what is built.
            external_idstring: a name for it elsewhere.
            rebuilt_buildid: the build that it repeats.
            parent_buildid: the build that wants it.
            parent_relationship: what it is to that build.
            priority: of its requests.
        """
        if not sourcestamps:
            raise ValueError("a buildset needs at least one source stamp")
        draft = {
            "scheduler": scheduler or "",
            "sourcestamps": [await self._source_stamp(stamp) for stamp in sourcestamps],
            "reason": reason,
            "properties": {name: (v, source) for name, (v, source) in (properties or {}).items()},
            "builderids": list(builderids or ()),
            "external_idstring": external_idstring,
            "rebuilt_buildid": rebuilt_buildid,
            "parent_buildid": parent_buildid,
            "parent_relationship": parent_relationship,
            "waited_for": bool(waited_for),
            "priority": priority,
        }
        added: tuple[int, dict[int, int]] = await _live().add_buildset(draft)
        return added

    async def _source_stamp(self, stamp: dict[str, Any] | int) -> dict[str, Any]:
        if not isinstance(stamp, dict):
            row = await self._get(("sourcestamps", stamp))
            if row is None:
                raise ValueError(f"there is no source stamp {stamp!r}")
            return {key: value for key, value in row.items() if key != "created_at"}
        patch = None
        if stamp.get("patch_body") is not None:
            patch = {
                "level": stamp.get("patch_level", 0),
                "body": stamp["patch_body"],
                "subdir": stamp.get("patch_subdir") or ".",
                "author": stamp.get("patch_author") or "",
                "comment": stamp.get("patch_comment") or "",
            }
        parts = ("branch", "revision", "repository", "project", "codebase")
        return {**{key: stamp.get(key) for key in parts}, "patch": patch}

    @started
    async def setBuildProperty(self, buildid: int, name: str, value: Any, source: str) -> None:
        """Stores a property of a build; the steps of one that runs do not see it."""
        await _live().set_build_property(buildid, name, value, source)

    @started
    async def setBuildProperties(self, buildid: int, properties: Any) -> None:
        """Stores properties of a build, as setBuildProperty does."""
        for name, value, source in properties.asList():
            await _live().set_build_property(buildid, name, value, source)

    @started
    async def findBuilderId(self, name: str) -> int:
        """The id of a configured builder.

        Raises:
            KeyError: there is none of that name.
        """
        return await self._id_of("builders", "builderid", name)

    @started
    async def findSchedulerId(self, name: str) -> int:
        """The id of a configured scheduler.

        Raises:
            KeyError: there is none of that name.
        """
        return await self._id_of("schedulers", "schedulerid", name)

    async def _id_of(self, kind: str, key: str, name: str) -> int:
        rows = await self._get((kind,), filters=[Filter("name", "eq", [name])], fields=[key])
        if not rows:
            raise KeyError(f"there is no {kind[:-1]} {name!r}")
        found: int = rows[0][key]
        return found

    @started
    async def addChange(
        self,
        files: list[str] | None = None,
        comments: str | None = None,
        author: str | None = None,
        committer: str | None = None,
        revision: str | None = None,
        when_timestamp: float | None = None,
        branch: str | None = None,
        category: Any = None,
        revlink: str | None = "",
        properties: dict[str, Any] | None = None,
        repository: str = "",
        codebase: str | None = None,
        project: str = "",
        src: str | None = None,
    ) -> int:
        """Adds a change; returns its id."""
        draft: dict[str, Any] = {
            "files": list(files or []),
            "comments": comments or "",
            "author": author or "",
            "committer": committer,
            "revision": revision,
            "when_timestamp": None if when_timestamp is None else int(when_timestamp),
            "branch": branch,
            "category": None if callable(category) else category,
            "revlink": revlink or "",
            "properties": {k: (v, "Change") for k, v in (properties or {}).items()},
            "repository": repository,
            "codebase": codebase,
            "project": project,
            "src": src or "",
        }
        for key, given in draft.items():
            if isinstance(given, bytes):
                draft[key] = bytes2unicode(given)
        complete(draft, category)
        changeid: int = await _live().add_change(draft)
        return changeid


def complete(draft: dict[str, Any], category: Any) -> None:
    """Lets the configuration's functions fill in what the source left open."""
    values = MASTER.values
    if callable(category):
        draft["category"] = category(draft)
    if draft["codebase"] is None:
        generate = values.get("codebaseGenerator")
        draft["codebase"] = generate(draft) if generate is not None else ""
    revlink = values.get("revlink")
    if not draft["revlink"] and draft["revision"] and draft["repository"] and revlink is not None:
        draft["revlink"] = revlink(draft["revision"], draft["repository"]) or ""


class ActiveConfig:
    """What ``self.master.config`` says: the keys of the configuration, with its defaults."""

    def __init__(self, values: dict[str, Any], db_url: str = "") -> None:
        self.title = values.get("title", "Buildbot")
        self.titleURL = values.get("titleURL", "")
        self.buildbotURL = values.get("buildbotURL", "")
        self.www = values.get("www", {})
        self.db = {"db_url": db_url}
        self.builders = list(values.get("builders") or ())
        self.workers = list(values.get("workers") or ())
        self.change_sources = list(values.get("change_source") or ())
        self.schedulers = {one.name: one for one in values.get("schedulers") or ()}
        self.services = {one.name: one for one in values.get("services") or ()}
        for key in ("collapseRequests", "prioritizeBuilders", "codebaseGenerator", "logMaxSize"):
            setattr(self, key, values.get(key))
        self.multiMaster = bool(values.get("multiMaster"))
        self.protocols = dict(values.get("protocols") or {})


class Master:
    """The running master."""

    def __init__(self) -> None:
        self.data = Data()
        self.mq = MQ(self)
        self.db = DBConnector(self.data.get)
        self.data.master = self.db.master = self
        #: Where renderables and services get secrets: ``await master.secrets.get(name)``.
        self.secrets = SecretManager()
        #: Values of the active configuration's keys.
        self.values: dict[str, Any] = {}
        self.basedir = ""
        #: What ``HTTPSession`` takes; sessions need nothing of it.
        self.httpservice: Any = None
        self.config = ActiveConfig({})
        #: The services of ``c["services"]`` that run.
        self.service_manager = ServiceManager(self, "service")
        #: The change sources that run.
        self.change_svc = ServiceManager(self, "change source")
        self.botmaster = BotMaster(self)
        #: What is read without waiting.
        self.mirror = Mirror(self.data.get, self.botmaster.builder_named)
        self.scheduler_manager = SchedulerManager(self)
        self.workers = WorkerManager(self)

    @property
    def namedServices(self) -> dict[str, Any]:
        """The parts of the master, as services by name."""
        return {
            "services": self.service_manager,
            "ChangeManager": self.change_svc,
            "SchedulerManager": self.scheduler_manager,
            "WorkerManager": self.workers,
            "botmaster": self.botmaster,
            "data": self.data,
            "mq": self.mq,
            "secrets": self.secrets,
        }

    def getServiceNamed(self, name: str) -> Any:
        """A part of the master."""
        return self.namedServices[name]

    @property
    def name(self) -> str:
        """Host and directory: what tells this master from others."""
        return master_name(self.basedir)

    @property
    def masterid(self) -> int | None:
        """Its id in the database; None before a configuration is active."""
        return self.mirror.masterid

    @property
    def reactor(self) -> Any:
        """Twisted's reactor; needs Twisted."""
        return importlib.import_module("twisted.internet.reactor")

    def configured(self, basedir: str, values: dict[str, Any], db_url: str = "") -> None:
        """Takes over an active configuration."""
        self.basedir = basedir
        self.values = values
        self.config = ActiveConfig(values, db_url)
        self.db.pool.configured(db_url, basedir)


MASTER = Master()
