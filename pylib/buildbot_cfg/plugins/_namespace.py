# SPDX-License-Identifier: MIT
"""A namespace that imports a module when one of its names is first used."""

from __future__ import annotations

import fnmatch
import importlib
import importlib.metadata
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from buildbot_cfg._suggest import did_you_mean

_NOT_OURS = ("buildbot", "buildbot-worker", "buildbot-www", "buildbot-*-view", "buildbot-pkg")


class Namespace:
    """Names of one category: the own ones, and those that installed distributions offer.

    Args:
        category: "steps", "util" ...
        modules: own names, with the module (below this package) that has them.
    """

    def __init__(self, category: str, modules: Mapping[str, str]) -> None:
        self._category, self._modules = category, modules

    @cached_property
    def _others(self) -> dict[str, importlib.metadata.EntryPoint]:
        found: dict[str, importlib.metadata.EntryPoint] = {}
        for entry in importlib.metadata.entry_points(group=f"buildbot.{self._category}"):
            name = entry.dist.name.lower() if entry.dist is not None else ""
            if not any(fnmatch.fnmatch(name, pattern) for pattern in _NOT_OURS):
                found[entry.name] = entry
        return found

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._modules:
            value = getattr(importlib.import_module(self._modules[name]), name)
        elif name in self._others:
            value = self._others[name].load()
        else:
            raise AttributeError(self._unknown(name), name=name)
        setattr(self, name, value)
        return value

    def _unknown(self, name: str) -> str:
        hint = did_you_mean(name, self._known())
        text = f'"{self._category}" has no "{name}"{hint}'
        from buildbot_cfg.plugins._names import LATER

        return f"{text}: not available in this version" if name in LATER else text

    def _known(self) -> list[str]:
        return sorted({*self._modules, *self._others})

    @property
    def names(self) -> list[str]:
        """All names."""
        return self._known()

    def __dir__(self) -> list[str]:
        return self._known()

    def __contains__(self, name: object) -> bool:
        return name in self._known()

    def __repr__(self) -> str:
        return f"<plugins of the category {self._category!r}>"
