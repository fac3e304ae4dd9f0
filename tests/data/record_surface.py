#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes plugin_surface.json: run it by a Python that has Buildbot 4.3.0 (no part of Kilnbot).

The parts of the web pages are packages of their own, buildbot-www, buildbot-grid-view and so on, to be installed too.

    /path/to/buildbot/venv/bin/python tests/data/record_surface.py
"""

import inspect
import json
from pathlib import Path

from buildbot import statistics
from buildbot.plugins.db import get_plugins

CATEGORIES = (
    "changes", "machine", "reporters", "schedulers", "secrets", "statistics", "steps", "util",
    "webhooks", "worker", "www",
)  # fmt: skip
PLAIN = (type(None), bool, int, float, str)


def parameters(cls):
    """Those of __init__ and checkConfig, through **kwargs into the base classes."""
    found = {}
    for method in ("__init__", "checkConfig"):
        for base in cls.__mro__:
            function = base.__dict__.get(method)
            if not inspect.isfunction(function) or not base.__module__.startswith("buildbot"):
                continue
            own = list(inspect.signature(function).parameters.values())[1:]
            for p in own:
                if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                    found.setdefault(p.name, p.default)
            if not any(p.kind is p.VAR_KEYWORD for p in own):
                break
    return {name: shown(default) for name, default in found.items()}


def shown(default):
    if default is inspect.Parameter.empty:
        return {"plain": True, "value": "(required)"}
    values = default if isinstance(default, (tuple, list)) else [default]
    if all(isinstance(value, PLAIN) for value in values):
        return {"plain": True, "value": default}
    return {"plain": False, "value": type(default).__name__}


def values(category):
    if category == "statistics":  # no plugins, but imported like them
        return {name: value for name, value in vars(statistics).items() if inspect.isclass(value)}
    plugins = get_plugins(category, None, load_now=False)
    found = {}
    for name in plugins.names:
        try:
            found[name] = plugins.get(name)
        except Exception:  # a package that it needs is not installed
            found[name] = None
    return found


def main():
    entries = []
    for category in CATEGORIES:
        for name, value in sorted(values(category).items()):
            entry = {"category": category, "name": name, "parameters": {}}
            if inspect.isclass(value):
                entry["parameters"] = parameters(value)
            entries.append(entry)
    path = Path(__file__).with_name("plugin_surface.json")
    path.write_text(json.dumps(entries, indent=0, sort_keys=True) + "\n")
    print(len(entries), "names")


main()
