# SPDX-License-Identifier: MIT
"""The keys of ``BuildmasterConfig`` and of ``c["www"]``: types, defaults, what does nothing yet."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from buildbot_cfg import _old_spellings
from buildbot_cfg._checks import has_type, shown, words
from buildbot_cfg._errors import report, warn
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._where import Location
from buildbot_cfg.revlinks import default_revlink_matcher

_NONE = type(None)


@dataclass(frozen=True, slots=True)
class Key:
    """What may be given; ``active`` False: accepted, but without effect in this version."""

    kinds: tuple[type, ...] = (object,)
    function: bool = False
    active: bool = True
    default: Any = None

    def takes(self, value: Any) -> bool:
        """Whether the value has the right type."""
        if object in self.kinds or (self.function and callable(value)):
            return True
        return has_type(value, self.kinds)

    def expected(self) -> str:
        """The right types in words."""
        return words(self.kinds) + (" or a function" if self.function else "")


def _later(*kinds: type, function: bool = False, default: Any = None) -> Key:
    return Key(kinds or (object,), function, active=False, default=default)


#: What branches, revisions and properties that people give look like.
_VALIDATION = {
    "branch": re.compile(r"^[\w.+/~-]*$"),
    "revision": re.compile(r"^[ \w\.\-/]*$"),
    "property_name": re.compile(r"^[\w\.\-/~:]*$"),
    "property_value": re.compile(r"^[\w\.\-/~:]*$"),
}
_COMPRESSION = "zstd" if importlib.util.find_spec("zstandard") is not None else "gz"


_LIST = (list, tuple)

TOP = {
    "builders": Key(_LIST, default=()),
    "schedulers": Key(_LIST, default=()),
    "workers": Key(_LIST, default=()),
    "change_source": Key(default=()),
    "services": Key(_LIST, default=()),
    "configurators": Key(_LIST, default=()),
    "protocols": Key((dict,), default={}),
    "db": Key((dict,)),
    "db_url": Key((str,)),
    "mq": Key((dict,), default={}),
    "multiMaster": Key((bool,), default=False),
    "title": Key((str,), default="Buildbot"),
    "titleURL": Key((str,), default="http://buildbot.net/"),
    "buildbotURL": Key((str,), default="http://localhost:8080/"),
    "buildbotNetUsageData": Key((str, _NONE), function=True, default="basic"),
    "properties": Key((dict,), default={}),
    "collapseRequests": Key((bool, _NONE), function=True),
    "prioritizeBuilders": Key((_NONE,), function=True),
    "select_next_worker": Key((_NONE,), function=True),
    "codebaseGenerator": Key((_NONE,), function=True),
    "projects": _later(*_LIST, default=()),
    "codebases": _later(*_LIST, default=()),
    "machines": Key(_LIST, default=()),
    "secretsProviders": Key(_LIST, default=()),
    "caches": Key((dict,)),
    "buildCacheSize": Key((int,)),
    "changeCacheSize": Key((int,)),
    "changeHorizon": _later(int, _NONE),
    "logCompressionMethod": Key((str,), default=_COMPRESSION),
    "logCompressionLimit": Key((int, bool), default=4096),
    "logMaxSize": _later(int, _NONE),
    "logMaxTailSize": _later(int, _NONE),
    "logEncoding": Key((str,), function=True, default="utf-8"),
    "manhole": Key(),
    "metrics": _later(dict, _NONE),
    "validation": Key((dict,), default=_VALIDATION),
    "revlink": Key((_NONE,), function=True, default=default_revlink_matcher),
    "user_managers": Key(_LIST, default=()),
    "www": Key((dict,), default={}),
}

WWW = {
    "port": Key((int, str, _NONE)),
    "plugins": Key((dict,)),
    "auth": Key(),
    "authz": Key(),
    "change_hook_dialects": Key((dict,), default={}),
    "change_hook_auth": _later(*_LIST),
    "avatar_methods": Key(),
    "allowed_origins": Key(_LIST, default=()),
    "json_cache_seconds": Key((int,), default=0),
    "rest_minimum_version": Key((int,)),
    "debug": Key((bool,)),
    "ws_ping_interval": _later(int, float),
    "cookie_expiration_time": Key((timedelta,), default=timedelta(weeks=1)),
    "logfileName": _later(str, _NONE),
    "logRotateLength": _later(int, _NONE),
    "maxRotatedFiles": _later(int, _NONE),
    "versions": Key(_LIST),
    "ui_default_config": Key((dict,)),
    "default_page": Key((str,)),
    "theme": Key((dict,)),
    "custom_templates_dir": Key((str,)),
    "jsonp": Key(),
    "graphql": Key(),
    "project_widgets": Key(),
}


def checked(
    given: dict[Any, Any],
    known: dict[str, Key],
    shown_as: str,
    where: Callable[[Any], Location],
) -> dict[str, Any]:
    """The values that may be used, with defaults for all others; reports what is wrong.

    Args:
        given: what the file says.
        known: the keys.
        shown_as: how a key is called in messages, with ``{}`` for its name.
        where: the line of a key.
    """
    values = {key: spec.default for key, spec in known.items()}
    for key, value in given.items():
        label = shown_as.format(key)
        if key not in known:
            hint = _moved(key) or (did_you_mean(key, known) if isinstance(key, str) else "")
            report(f"unknown key{hint}", label, where(key))
        elif not known[key].takes(value):
            report(f"must be {known[key].expected()}, not {shown(value)}", label, where(key))
        else:
            values[key] = value
            if not known[key].active and value:
                warn("accepted, not active in this version", label, where(key))
    return values


def _moved(key: Any) -> str:
    if key in _old_spellings.KEYS:
        return f' (did you mean "{_old_spellings.KEYS[key][0]}"?)'
    moved = _old_spellings.MOVED_KEYS.get(key)
    return f" (it has moved: {moved})" if moved else ""
