# SPDX-License-Identifier: MIT
"""``from buildbot.plugins import *``: the namespaces whose names are found when they are used."""

from buildbot_cfg.plugins._names import NAMES
from buildbot_cfg.plugins._namespace import Namespace

changes = Namespace("changes", NAMES["changes"])
reporters = Namespace("reporters", NAMES["reporters"])
schedulers = Namespace("schedulers", NAMES["schedulers"])
secrets = Namespace("secrets", NAMES["secrets"])
steps = Namespace("steps", NAMES["steps"])
util = Namespace("util", NAMES["util"])
webhooks = Namespace("webhooks", NAMES["webhooks"])
worker = Namespace("worker", NAMES["worker"])

__all__ = [
    "changes",
    "reporters",
    "schedulers",
    "secrets",
    "steps",
    "util",
    "webhooks",
    "worker",
]
