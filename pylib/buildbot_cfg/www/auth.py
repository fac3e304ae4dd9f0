# SPDX-License-Identifier: MIT
"""How users of the web server log in: ``c["www"]["auth"]``."""

from __future__ import annotations

import asyncio
import hmac
import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from buildbot_cfg._checks import shown, shown_as
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._master import MASTER
from buildbot_cfg._where import user_frame
from buildbot_cfg.process._rendering import is_renderable

__all__ = [
    "AuthBase",
    "CustomAuth",
    "HTPasswdAuth",
    "NoAuth",
    "RemoteUserAuth",
    "TwistedICredAuthBase",
    "UserInfoProviderBase",
    "UserPasswordAuth",
]


class UserInfoProviderBase:
    """What is known of a user beside the name. Subclass it and override ``getUserInfo``."""

    name = "noinfo"

    def getUserInfo(self, username: str) -> Any:
        """A dict (or an awaitable of one): username, email, full_name, groups ...

        Example:
            >>> UserInfoProviderBase().getUserInfo("ann")
            {'username': 'ann', 'email': 'ann'}
        """
        return {"username": username, "email": username}


class AuthBase(metaclass=Declared):
    """The root of all ways to log in.

    Args:
        userInfoProvider: where e-mail addresses and groups come from.
    """

    def __init__(self, userInfoProvider: UserInfoProviderBase | None = None) -> None:
        self.location = user_frame()
        self.userInfoProvider = userInfoProvider
        if userInfoProvider is not None and not hasattr(userInfoProvider, "getUserInfo"):
            what = f'"userInfoProvider" has no method getUserInfo: {shown(userInfoProvider)}'
            report(what, type(self).__name__)

    @property
    def master(self) -> Any:
        """The running master."""
        return MASTER


class NoAuth(AuthBase):
    """Nobody can log in: everybody is anonymous."""


class TwistedICredAuthBase(AuthBase):
    """Log-in by Twisted's checkers of credentials; users derive their own.

    Args:
        credentialFactories: Twisted's factories of credentials.
        checkers: Twisted's checkers.
    """

    _call_goes_on = True

    def __init__(self, credentialFactories: Any, checkers: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.credentialFactories, self.checkers = credentialFactories, checkers


class RemoteUserAuth(AuthBase):
    """Takes the name that a web server in front of the master has found out.

    Args:
        header: which header has it; "REMOTE_USER" by default.
        headerRegex: a pattern with a group username and possibly realm.
    """

    header = b"REMOTE_USER"
    headerRegex = re.compile(rb"(?P<username>[^ @]+)@(?P<realm>[^ @]+)")
    _call_goes_on = True

    def __init__(self, header: Any = None, headerRegex: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if self.userInfoProvider is None:
            self.userInfoProvider = UserInfoProviderBase()
        if header is not None:
            self.header = header.encode() if isinstance(header, str) else header
        if headerRegex is not None:
            text = headerRegex.encode() if isinstance(headerRegex, str) else headerRegex
            try:
                self.headerRegex = re.compile(text)
            except (re.error, TypeError) as error:
                report(f'"headerRegex" is no pattern: {error}', "RemoteUserAuth")


class UserPasswordAuth(AuthBase):
    """Names and passwords that stand in the configuration.

    Args:
        users: a dict of passwords by name, or a list of (name, password); text,
            bytes or a ``util.Secret``.
        userInfoProvider: where e-mail addresses and groups come from.

    Example:
        >>> sorted(UserPasswordAuth({"ann": "secret"}).users)
        ['ann']
    """

    def __init__(
        self,
        users: Mapping[str, str | bytes] | Iterable[tuple[str, str | bytes]],
        userInfoProvider: UserInfoProviderBase | None = None,
    ) -> None:
        super().__init__(userInfoProvider)
        self.users: dict[str, str] = {}
        #: Those whose passwords are secrets.
        self.secret_users: dict[str, Any] = {}
        for name, password in _pairs(users):
            if isinstance(name, (str, bytes)) and is_renderable(password):
                self.secret_users[_text(name)] = password
                continue
            if not isinstance(name, (str, bytes)) or not isinstance(password, (str, bytes)):
                report(f"user {shown(name)}: name and password must be strings", "UserPasswordAuth")
            elif _text(password) == "":
                report(f"user {shown(_text(name))}: the password is empty", "UserPasswordAuth")
            else:
                self.users[_text(name)] = _text(password)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _pairs(users: Any) -> list[tuple[Any, Any]]:
    if isinstance(users, Mapping):
        return list(users.items())
    try:
        return [(name, password) for name, password in users]
    except (TypeError, ValueError):
        given = shown_as("password", users)
        report(
            f'"users" must be a dict or a list of (name, password), not {given}', "UserPasswordAuth"
        )
        return []


class HTPasswdAuth(AuthBase):
    """Names and passwords from a file of lines ``name:password``, read anew at each login.

    Args:
        passwdFile: the file; the passwords in it are plain text, as Buildbot has them.
        userInfoProvider: where e-mail addresses and groups come from.
    """

    def __init__(
        self, passwdFile: str, userInfoProvider: UserInfoProviderBase | None = None
    ) -> None:
        super().__init__(userInfoProvider)
        self.passwdFile = passwdFile
        if not isinstance(passwdFile, (str, Path)):
            report(f'"passwdFile" must be a string, not {shown(passwdFile)}', "HTPasswdAuth")

    async def _check(self, username: str, password: str) -> bool:
        lines = await asyncio.to_thread(Path(self.passwdFile).read_text, encoding="utf-8")
        known = None
        for line in lines.splitlines():
            name, colon, rest = line.partition(":")
            if colon and name == username:
                known = rest
                break
        same = hmac.compare_digest((known or "").encode(), password.encode())
        return same and bool(known)


class CustomAuth(AuthBase):
    """A check of one's own: subclass it and override ``check_credentials``."""

    def check_credentials(self, username: bytes, password: bytes) -> Any:
        """True (or an awaitable of it) when the password is the user's."""
        return False

    async def _check(self, username: str, password: str) -> bool:
        answer = self.check_credentials(username.encode(), password.encode())
        return bool(await answer if inspect.isawaitable(answer) else answer)


async def user_info(auth: AuthBase, username: str) -> dict[str, Any]:
    """What the provider knows of a user.

    Raises:
        TypeError: it gave something else than a dict.
    """
    answer = (auth.userInfoProvider or UserInfoProviderBase()).getUserInfo(username)
    info = await answer if inspect.isawaitable(answer) else answer
    if not isinstance(info, dict):
        raise TypeError(f"getUserInfo must give a dict, not {shown(info)}")
    return info
