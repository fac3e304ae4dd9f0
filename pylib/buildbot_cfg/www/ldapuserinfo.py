# SPDX-License-Identifier: MIT
"""What an LDAP directory knows of users."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg.worker.latent import needs
from buildbot_cfg.www.auth import UserInfoProviderBase
from buildbot_cfg.www.avatar import AvatarBase


class LdapUserInfo(AvatarBase, UserInfoProviderBase, metaclass=Declared):
    """Names, mail addresses, groups and pictures from LDAP.

    Args:
        uri: of the directory.
        bindUser: who to be; may be a secret.
        bindPw: may be a secret.
        accountBase: where users are.
        accountPattern: how to find one: ``%(username)s`` stands for the name.
        accountFullName: attribute with the full name.
        accountEmail: attribute with the mail address.
        groupBase: where groups are; with groupMemberPattern and groupName.
        groupMemberPattern: how to find a user's groups.
        groupName: attribute with a group's name.
        avatarPattern: how to find a picture by mail address.
        avatarData: attribute with the picture.
        accountExtraFields: further attributes.
        tls: settings of the encryption.
    """

    name = "ldap"

    def __init__(
        self,
        uri: str,
        bindUser: Any,
        bindPw: Any,
        accountBase: str,
        accountPattern: str,
        accountFullName: str,
        accountEmail: str,
        groupBase: str | None = None,
        groupMemberPattern: str | None = None,
        groupName: str | None = None,
        avatarPattern: str | None = None,
        avatarData: str | None = None,
        accountExtraFields: list[str] | None = None,
        tls: Any = None,
    ) -> None:
        needs("LdapUserInfo", "ldap3")
        together = (groupBase, groupMemberPattern, groupName)
        if any(together) and not all(together):
            what = '"groupBase", "groupMemberPattern" and "groupName" go together'
            report(what, "LdapUserInfo")
        self.uri, self.bindUser, self.bindPw, self.tls = uri, bindUser, bindPw, tls
        self.accountBase, self.accountPattern = accountBase, accountPattern
        self.accountFullName, self.accountEmail = accountFullName, accountEmail
        self.groupBase, self.groupMemberPattern = groupBase, groupMemberPattern
        self.groupName = groupName
        self.avatarPattern, self.avatarData = avatarPattern, avatarData
        self.accountExtraFields = list(accountExtraFields or [])
