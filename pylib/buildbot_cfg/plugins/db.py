# SPDX-License-Identifier: MIT
"""Names that installed distributions offer to configurations, by category."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.plugins._names import NAMES
from buildbot_cfg.plugins._namespace import Namespace

__all__ = ["get_plugins", "info", "namespaces"]

_namespaces: dict[str, Namespace] = {}


def get_plugins(namespace: str, interface: Any = None, load_now: bool = False) -> Namespace:
    """The names of a category.

    Args:
        namespace: "steps", "util", "www" ...
        interface: not looked at.
        load_now: import all of them at once.
    """
    if namespace not in _namespaces:
        _namespaces[namespace] = Namespace(namespace, NAMES.get(namespace, {}))
    found = _namespaces[namespace]
    if load_now:
        for name in found.names:
            found.get(name)
    return found


def namespaces() -> list[str]:
    """All categories."""
    return sorted(NAMES)


def info() -> dict[str, dict[str, Any]]:
    """Where each name of each category comes from: (distribution, version)."""
    return {
        category: {name: get_plugins(category).info(name) for name in get_plugins(category).names}
        for category in NAMES
    }
