# SPDX-License-Identifier: MIT
"""The rules of ``c["www"]["authz"]``."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from typing import Any

from buildbot_cfg._checks import check_callable, shown
from buildbot_cfg._declared import Declared, is_broken
from buildbot_cfg._errors import report
from buildbot_cfg._where import user_frame
from buildbot_cfg.www.authz.endpointmatchers import EndpointMatcherBase
from buildbot_cfg.www.authz.roles import RolesFromBase, RolesFromOwner

__all__ = ["Authz", "Forbidden", "fnmatchStrMatcher", "reStrMatcher"]


class Forbidden(Exception):
    """A user may not do this."""


def fnmatchStrMatcher(value: str, match: str) -> bool:
    """Whether the shell pattern ``match`` is right for all of the value.

    Example:
        >>> fnmatchStrMatcher("linux-release", "linux-*")
        True
    """
    return fnmatch.fnmatch(value, match)


def reStrMatcher(value: str, match: str) -> Any:
    """The regular expression ``match`` at the start of the value.

    Example:
        >>> bool(reStrMatcher("linux-release", "linux|windows"))
        True
    """
    return re.match(match, value)


class Authz(metaclass=Declared):
    """Who may do what. The first rule that is about a request decides; without one it is allowed.

    Args:
        allowRules: endpoint matchers, in order.
        roleMatchers: which roles users have.
        stringsMatcher: how patterns of roles and builders are compared: ``util.fnmatchStrMatcher``,
            ``util.reStrMatcher`` or a function (value, pattern).

    Example:
        >>> from buildbot.plugins import util
        >>> authz = Authz([util.AnyControlEndpointMatcher(role="admins")],
        ...               [util.RolesFromUsername(roles=["admins"], usernames=["ann"])])
    """

    def __init__(
        self,
        allowRules: Iterable[Any] | None = None,
        roleMatchers: Iterable[Any] | None = None,
        stringsMatcher: Callable[[str, str], Any] = fnmatchStrMatcher,
    ) -> None:
        self.location = user_frame()
        self.match = stringsMatcher
        check_callable("Authz", "stringsMatcher", stringsMatcher)
        rules = _only(EndpointMatcherBase, "allowRules", "endpoint matchers", allowRules)
        matchers = _only(RolesFromBase, "roleMatchers", "role matchers", roleMatchers)
        self.allowRules = rules
        self.roleMatchers = [m for m in matchers if not isinstance(m, RolesFromOwner)]
        self.ownerRoleMatchers = [m for m in matchers if isinstance(m, RolesFromOwner)]
        for part in [*rules, *matchers]:
            part.setAuthz(self)

    def getRolesFromUser(self, userDetails: dict[str, Any]) -> set[str]:
        """The roles that a user has whatever he does."""
        return {role for m in self.roleMatchers for role in m.getRolesFromUser(userDetails)}

    def getOwnerRolesFromUser(self, userDetails: dict[str, Any], owner: str) -> set[str]:
        """The roles that a user has for what this owner started."""
        return {
            role for m in self.ownerRoleMatchers for role in m.getRolesFromUser(userDetails, owner)
        }

    async def assertUserAllowed(
        self, ep: tuple[str, ...], action: str, options: Any, userDetails: dict[str, Any]
    ) -> None:
        """Checks one request.

        Raises:
            Forbidden: the user may not.
        """
        roles = self.getRolesFromUser(userDetails)
        for rule in self.allowRules:
            match = await rule.match(ep, action, options)
            if match is None:
                continue
            if self.ownerRoleMatchers:
                owner = await match.getOwner()
                if owner is not None:
                    roles |= self.getOwnerRolesFromUser(userDetails, owner)
            if any(self.match(role, rule.role) for role in roles):
                return
            if rule.defaultDeny:
                raise Forbidden(f"you need to have role '{rule.role}'")


def _only(kind: type, name: str, what: str, given: Iterable[Any] | None) -> list[Any]:
    right: list[Any] = []
    if not isinstance(given, (list, tuple, type(None))):
        report(f'"{name}" must be a list of {what}, not {shown(given)}', "Authz")
        return right
    for item in given or ():
        if not isinstance(item, kind):
            report(f'"{name}" must hold {what}, not {shown(item)}', "Authz")
        elif not is_broken(item):
            right.append(item)
    return right
