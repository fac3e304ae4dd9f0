# SPDX-License-Identifier: MIT
"""Rules: which requests need which role."""

from __future__ import annotations

import inspect
from typing import Any

from buildbot_cfg._checks import check_type
from buildbot_cfg._declared import Declared
from buildbot_cfg._master import MASTER
from buildbot_cfg.www.authz import _endpoints

__all__ = [
    "AnyControlEndpointMatcher",
    "AnyEndpointMatcher",
    "EnableSchedulerEndpointMatcher",
    "EndpointMatcherBase",
    "ForceBuildEndpointMatcher",
    "Match",
    "RebuildBuildEndpointMatcher",
    "StopBuildEndpointMatcher",
]


class Match:
    """A rule is about this request.

    Args:
        master: the running master.
        build: the row that the request concerns, if any; its owner is found by it.
        buildrequest: the same for a build request.
        buildset: the same for a buildset.
    """

    def __init__(
        self, master: Any, build: Any = None, buildrequest: Any = None, buildset: Any = None
    ) -> None:
        self.master = master
        self.build, self.buildrequest, self.buildset = build, buildrequest, buildset

    async def getOwner(self) -> str | None:
        """The buildset's property ``owner``."""
        data = self.master.data
        if self.buildrequest is None and self.build is not None:
            self.buildrequest = await data.get(("buildrequests", self.build["buildrequestid"]))
        if self.buildset is None and self.buildrequest is not None:
            self.buildset = await data.get(("buildsets", self.buildrequest["buildsetid"]))
        if self.buildset is None:
            return None
        properties = await data.get(("buildsets", self.buildset["bsid"], "properties"))
        owner = (properties or {}).get("owner")
        return owner[0] if owner else None


class EndpointMatcherBase(metaclass=Declared):
    """A rule of one's own: subclass it.

    Its methods are called ``match_<Endpoint>_<action>`` or ``match_<Endpoint>``. They get
    ``(epobject, epdict, options)``: the endpoint, the arguments of the path, those of the control;
    they give a ``Match`` or None, or an awaitable of that. The action of a read is ``GET``.

    Args:
        role: the role needed, a pattern.
        defaultDeny: False: who does not have the role is looked at by the next rules.
    """

    authz: Any = None

    def __init__(self, role: str, defaultDeny: bool = True) -> None:
        self.role, self.defaultDeny = role, defaultDeny
        check_type(type(self).__name__, "role", role, str)
        check_type(type(self).__name__, "defaultDeny", defaultDeny, bool)

    @property
    def master(self) -> Any:
        """The running master."""
        return MASTER

    def setAuthz(self, authz: Any) -> None:
        """Tells which rules it belongs to."""
        self.authz = authz

    async def match(self, ep: tuple[str, ...], action: str = "get", options: Any = None) -> Any:
        """A ``Match`` when the rule is about that, else None.

        Args:
            ep: the elements of the path.
            action: ``GET``, ``HEAD`` or what a control does.
            options: the arguments of a control.
        """
        found = _endpoints.find(tuple(str(part) for part in ep), self.master)
        if found is None:
            return None
        endpoint, arguments = found
        for name in (f"match_{endpoint.class_name}_{action}", f"match_{endpoint.class_name}"):
            method = getattr(self, name, None)
            if method is not None:
                answer = method(endpoint, arguments, options if options is not None else {})
                return await answer if inspect.isawaitable(answer) else answer
        return None

    def _is_builder(self, name: str) -> bool:
        return bool(self.authz.match(name, self.builder))  # type: ignore[attr-defined]


class AnyEndpointMatcher(EndpointMatcherBase):
    """Everything, reading included."""

    async def match(self, ep: tuple[str, ...], action: str = "get", options: Any = None) -> Match:
        """Always."""
        return Match(self.master)


class AnyControlEndpointMatcher(EndpointMatcherBase):
    """Everything that changes something."""

    async def match(
        self, ep: tuple[str, ...], action: str = "", options: Any = None
    ) -> Match | None:
        """Unless it is a read."""
        return None if action.lower() == "get" else Match(self.master)


class _OfBuilder(EndpointMatcherBase):
    """A rule for some builders.

    Args:
        builder: a pattern; None: all builders.
        role: the role needed, a pattern.
        defaultDeny: False: who does not have the role is looked at by the next rules.
    """

    def __init__(self, builder: str | None = None, *, role: str, defaultDeny: bool = True) -> None:
        super().__init__(role, defaultDeny)
        self.builder = builder
        check_type(type(self).__name__, "builder", builder, str, type(None))

    async def matchFromBuilderId(self, builderid: int) -> bool:
        """Whether the rule is for that builder."""
        if self.builder is None:
            return True
        row = await self.master.data.get(("builders", builderid))
        return row is not None and self._is_builder(row["name"])

    async def _match_row(self, row: Any, **kind: Any) -> Match | None:
        if self.builder is None:
            return Match(self.master, **kind)
        if row is None or not await self.matchFromBuilderId(row["builderid"]):
            return None
        return Match(self.master, **kind)


class ForceBuildEndpointMatcher(_OfBuilder):
    """Starting builds by a force scheduler."""

    async def match_ForceSchedulerEndpoint_force(
        self, epobject: Any, epdict: dict[str, Any], options: dict[str, Any]
    ) -> Match | None:
        """When one of the builders is the rule's."""
        if self.builder is None:
            return Match(self.master)
        scheduler = await self.master.data.get(("forceschedulers", epdict["schedulername"]))
        if scheduler is None:
            return None
        names = await self._forced(options, scheduler["builder_names"])
        return Match(self.master) if any(self._is_builder(name) for name in names) else None

    async def _forced(self, options: dict[str, Any], own: list[str]) -> list[str]:
        chosen = options.get("builderid")
        if isinstance(chosen, list):
            chosen = chosen[0] if chosen else None
        if chosen is not None:
            row = await self.master.data.get(("builders", int(chosen)))
            if row is None:
                raise ValueError(f"no builder has the id {chosen}")
            names = [row["name"]]
        else:
            names = options.get("builderNames") or own
        return [name for name in names if name in own]


class StopBuildEndpointMatcher(_OfBuilder):
    """Stopping builds. As in Buildbot 4.3, cancelling a request that waits is not covered."""

    async def match_BuildEndpoint_stop(
        self, epobject: Any, epdict: dict[str, Any], options: Any
    ) -> Match | None:
        """When the build is of the rule's builder."""
        build = await epobject.get({}, epdict)
        return await self._match_row(build, build=build)

    async def match_BuildRequestEndpoint_stop(
        self, epobject: Any, epdict: dict[str, Any], options: Any
    ) -> Match | None:
        """When the request is of the rule's builder."""
        request = await epobject.get({}, epdict)
        return await self._match_row(request, buildrequest=request)


class RebuildBuildEndpointMatcher(_OfBuilder):
    """Building a build again."""

    async def match_BuildEndpoint_rebuild(
        self, epobject: Any, epdict: dict[str, Any], options: Any
    ) -> Match | None:
        """When the build is of the rule's builder."""
        build = await epobject.get({}, epdict)
        return await self._match_row(build, build=build)


class EnableSchedulerEndpointMatcher(EndpointMatcherBase):
    """Switching schedulers on and off."""

    def match_SchedulerEndpoint_enable(
        self, epobject: Any, epdict: dict[str, Any], options: Any
    ) -> Match:
        """Any scheduler."""
        return Match(self.master)
