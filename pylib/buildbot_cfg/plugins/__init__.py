# SPDX-License-Identifier: MIT
"""``from buildbot.plugins import *``: the namespaces whose names are found when they are used."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.plugins.db import get_plugins

changes = get_plugins("changes")
reporters = get_plugins("reporters")
schedulers = get_plugins("schedulers")
secrets = get_plugins("secrets")
statistics = get_plugins("statistics")
steps = get_plugins("steps")
util = get_plugins("util")
webhooks = get_plugins("webhooks")
worker = get_plugins("worker")

__all__ = [
    "changes",
    "reporters",
    "schedulers",
    "secrets",
    "statistics",
    "steps",
    "util",
    "webhooks",
    "worker",
]

_GONE = {
    "buildslave": "say worker instead (buildslave.BuildSlave is worker.Worker)",
    "status": 'say reporters instead, and c["services"] instead of c["status"]',
}


def __getattr__(name: str) -> Any:
    if name in _GONE:
        text = f"cannot import name {name!r} from 'buildbot.plugins': {_GONE[name]}"
        raise ImportError(text, name=name)
    raise AttributeError(f"module 'buildbot.plugins' has no attribute {name!r}")
