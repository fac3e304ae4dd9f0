# SPDX-License-Identifier: MIT
"""The parts of a configuration that are Python objects with a life of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg import _old_spellings
from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken, quoted
from buildbot_cfg._errors import report, warn
from buildbot_cfg._where import Location
from buildbot_cfg.plugins._inactive import warn_if_inactive
from buildbot_cfg.util.service import BuildbotService

Lines = Callable[[Any], Location]


def with_new_keys(given: dict[Any, Any], lines: Lines) -> dict[Any, Any]:
    """Top-level keys of older versions by today's names, where old spellings are taken."""
    if not _old_spellings.is_lenient():
        return given
    for old, (new, value_of) in _old_spellings.KEYS.items():
        if old in given and new not in given:
            given[new] = value_of(given.pop(old))
            warn(f'is called c["{new}"] today', f'c["{old}"]', lines(old))
    return given


def configure(given: dict[Any, Any], where: Location) -> None:
    """Lets the configurators complete the configuration."""
    for configurator in given.get("configurators") or ():
        if not callable(getattr(configurator, "configure", None)):
            what = f"must hold objects with a method configure, not {shown(configurator)}"
            report(what, 'c["configurators"]', where)
            continue
        warn_if_inactive(configurator, type(configurator).__name__, where)
        configurator.configure(given)


def change_sources(given: Any, where: Location) -> list[Any]:
    """Checks ``c["change_source"]``: one or a list."""
    from buildbot_cfg.changes.base import ChangeSource

    sources: dict[str, Any] = {}
    for source in given if isinstance(given, (list, tuple)) else [given]:
        if not isinstance(source, ChangeSource):
            what = f"must be a change source or a list of them, not {shown(source)}"
            report(what, 'c["change_source"]', where)
        elif not is_broken(source):
            _note(sources, source, "change source")
    return list(sources.values())


def services(given: Any, where: Location) -> list[Any]:
    """Checks ``c["services"]``; those that run."""
    found: dict[str, Any] = {}
    for service in given or ():
        if not isinstance(service, BuildbotService):
            what = f"must hold services such as reporters, not {shown(service)}"
            report(what, 'c["services"]', where)
        elif not is_broken(service):
            _note(found, service, "service")
    return [s for s in found.values() if not warn_if_inactive(s, s.label, s.location)]


def _note(known: dict[str, Any], service: Any, kind: str) -> None:
    if service.name in known:
        what = f"another {kind} has this name: give them different name= arguments"
        report(what, quoted(kind, service.name), service.location)
    known.setdefault(service.name, service)


def check_others(values: dict[str, Any], lines: Lines) -> None:
    """Checks secret providers, machines, user managers, the manhole and avatars."""
    from buildbot_cfg.machine.base import Machine
    from buildbot_cfg.secrets.providers.base import SecretProviderBase

    _check_kind(values, lines, "secretsProviders", SecretProviderBase, "secret providers")
    _check_kind(values, lines, "machines", Machine, "machines")
    for key in ("user_managers", "manhole"):
        value = values[key]
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                where = getattr(item, "location", None) or lines(key)
                warn_if_inactive(item, f'c["{key}"]', where)
    auth = values["www"].get("auth")
    avatars = values["www"].get("avatar_methods")
    for avatar in avatars if isinstance(avatars, (list, tuple)) else [avatars]:
        warn_if_inactive(avatar, type(avatar).__name__, lines("avatar_methods"))
    for item in (auth, getattr(auth, "userInfoProvider", None)):
        warn_if_inactive(item, type(item).__name__, lines("auth"))


def _check_kind(values: dict[str, Any], lines: Lines, key: str, kind: Any, plural: str) -> None:
    known: dict[str, Any] = {}
    for item in values[key] or ():
        if not isinstance(item, kind):
            report(f"must hold {plural}, not {shown(item)}", f'c["{key}"]', lines(key))
        elif not is_broken(item):
            _note(known, item, plural.removesuffix("s"))
            warn_if_inactive(item, item.label, item.location)


def no_auth() -> dict[str, Any]:
    """What the core needs of a ``c["www"]["auth"]`` that lets everybody in."""
    return {
        "kind": "none",
        "name": "NoAuth",
        "passwords": {},
        "hooks": None,
        "has_user_info": False,
    }


def www_defaults() -> dict[str, Any]:
    """What ``c["www"]`` is when it says nothing."""
    from buildbot_cfg.www.auth import NoAuth
    from buildbot_cfg.www.authz.authz import Authz
    from buildbot_cfg.www.avatar import AvatarGravatar

    return {
        "port": None,
        "plugins": {},
        "auth": NoAuth(),
        "authz": Authz(),
        "avatar_methods": AvatarGravatar(),
        "logfileName": "http.log",
    }
