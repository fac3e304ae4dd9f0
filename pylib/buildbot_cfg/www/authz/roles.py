# SPDX-License-Identifier: MIT
"""Which roles a user has."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Set
from typing import Any

from buildbot_cfg._checks import check_strings, check_type
from buildbot_cfg._declared import Declared

__all__ = [
    "RolesFromBase",
    "RolesFromDomain",
    "RolesFromEmails",
    "RolesFromGroups",
    "RolesFromOwner",
    "RolesFromUsername",
]


class RolesFromBase(metaclass=Declared):
    """Subclass it and override ``getRolesFromUser`` for roles of one's own."""

    authz: Any = None

    def getRolesFromUser(self, userDetails: dict[str, Any]) -> Iterable[str]:
        """The roles of a user.

        Args:
            userDetails: what the session knows: username, email, groups ..., or anonymous.
        """
        return []

    def setAuthz(self, authz: Any) -> None:
        """Tells which rules it belongs to."""
        self.authz = authz


class RolesFromGroups(RolesFromBase):
    """The user's groups are roles.

    Args:
        groupPrefix: only groups that begin so; the role is what follows.

    Example:
        >>> RolesFromGroups("ci-").getRolesFromUser({"groups": ["ci-admins", "chess"]})
        ['admins']
    """

    def __init__(self, groupPrefix: str = "") -> None:
        self.groupPrefix = groupPrefix
        check_type("RolesFromGroups", "groupPrefix", groupPrefix, str)

    def getRolesFromUser(self, userDetails: dict[str, Any]) -> list[str]:
        """The groups without the prefix."""
        groups = userDetails.get("groups") or []
        start = len(self.groupPrefix)
        return [group[start:] for group in groups if group.startswith(self.groupPrefix)]


class RolesFromEmails(RolesFromBase):
    """Roles by e-mail address: ``RolesFromEmails(admins=["ann@example.org"])``."""

    def __init__(self, **kwargs: list[str]) -> None:
        self.roles: dict[str, list[str]] = {}
        for role, addresses in kwargs.items():
            if check_strings(type(self).__name__, role, addresses):
                for address in addresses:
                    self.roles.setdefault(address, []).append(role)

    def getRolesFromUser(self, userDetails: dict[str, Any]) -> list[str]:
        """Those of the address."""
        return self.roles.get(userDetails.get("email") or "", [])


class RolesFromDomain(RolesFromEmails):
    """Roles by what follows the @ of the address: ``RolesFromDomain(staff=["example.org"])``."""

    def getRolesFromUser(self, userDetails: dict[str, Any]) -> list[str]:
        """Those of the address's domain."""
        return self.roles.get((userDetails.get("email") or "").rsplit("@", 1)[-1], [])


class RolesFromUsername(RolesFromBase):
    """All roles for all users given.

    Args:
        roles: the roles.
        usernames: the names.
    """

    def __init__(self, roles: list[str], usernames: list[str]) -> None:
        if isinstance(usernames, (KeysView, Set)):
            usernames = list(usernames)
        self.roles, self.usernames = roles, usernames
        check_strings("RolesFromUsername", "roles", roles)
        check_strings("RolesFromUsername", "usernames", usernames)

    def getRolesFromUser(self, userDetails: dict[str, Any]) -> list[str]:
        """All of them, or none."""
        return list(self.roles) if userDetails.get("username") in self.usernames else []


class RolesFromOwner(RolesFromBase):
    """A role for the one who started the build in question.

    Args:
        role: the role.
    """

    def __init__(self, role: str) -> None:
        self.role = role
        check_type("RolesFromOwner", "role", role, str)

    def getRolesFromUser(self, userDetails: dict[str, Any], owner: str | None = None) -> list[str]:
        """The role when the user's address is the build's owner."""
        return [self.role] if owner is not None and userDetails.get("email") == owner else []
