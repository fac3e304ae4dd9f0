# SPDX-License-Identifier: MIT
"""A namespace that imports a module when one of its names is first used."""

from __future__ import annotations

import fnmatch
import importlib
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from buildbot_cfg import version
from buildbot_cfg._suggest import did_you_mean

if TYPE_CHECKING:
    import importlib.metadata  # takes long

#: Distributions of Buildbot itself, which plugins of others pull in: their names are ours.
_NOT_OURS = (
    "buildbot",
    "buildbot-worker",
    "buildbot-www",
    "buildbot-*-view",
    "buildbot-badges",
    "buildbot-wsgi-dashboards",
    "buildbot-pkg",
)


class Namespace:
    """Names of one category: the own ones, and those that installed distributions offer.

    A name with dots is an attribute of an attribute: ``util.svn.split_file_branches``.

    Args:
        category: "steps", "util" ...
        modules: own names, with the module that has them, and after a colon their name there when
            it is another one.
        prefix: the names before the dots so far.
    """

    def __init__(self, category: str, modules: Mapping[str, str], prefix: str = "") -> None:
        self._category, self._modules, self._prefix = category, modules, prefix

    @cached_property
    def _others(self) -> dict[str, importlib.metadata.EntryPoint]:
        import importlib.metadata

        found: dict[str, importlib.metadata.EntryPoint] = {}
        for entry in importlib.metadata.entry_points(group=f"buildbot.{self._category}"):
            name = entry.dist.name.lower() if entry.dist is not None else ""
            if any(fnmatch.fnmatch(name, pattern) for pattern in _NOT_OURS):
                continue
            if entry.name in self._modules or entry.name in found:
                raise PluginDBError(self._twice(entry, found))
            found[entry.name] = entry
        return found

    def _twice(self, entry: Any, found: dict[str, Any]) -> str:
        first = _owner(found[entry.name]) if entry.name in found else "Kilnbot"
        return (
            f'the plugin "{entry.name}" of the category "{self._category}" is there twice: '
            f"{first} and {_owner(entry)} have it; uninstall one of them"
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._found(self._prefix + name)
        setattr(self, name, value)
        return value

    def _found(self, name: str) -> Any:
        if name in self._modules:
            module, _, inner = self._modules[name].partition(":")
            return getattr(importlib.import_module(module), inner or name)
        if name in self._others:
            try:
                return self._others[name].load()
            except Exception as error:
                text = f'cannot load the plugin "{name}" of {_owner(self._others[name])}: {error}'
                raise AttributeError(text, name=name) from error
        if any(known.startswith(name + ".") for known in self._known()):
            inner_space = Namespace(self._category, self._modules, name + ".")
            inner_space.__dict__["_others"] = self._others
            return inner_space
        raise AttributeError(self._unknown(name), name=name)

    def _unknown(self, name: str) -> str:
        hint = did_you_mean(name, self._known())
        text = f'"{self._category}" has no "{name}"{hint}'
        from buildbot_cfg.plugins._names import GONE

        if name in GONE:
            return f"{text}: {GONE[name]}"
        return text

    def _known(self) -> list[str]:
        return sorted({*self._modules, *self._others})

    @property
    def names(self) -> list[str]:
        """All names."""
        names = (name for name in self._known() if name.startswith(self._prefix))
        return [name.removeprefix(self._prefix) for name in names]

    def get(self, name: str, default: Any = None) -> Any:
        """What a name, possibly with dots, stands for; the default when there is none."""
        try:
            return self._found(self._prefix + name)
        except AttributeError:
            return default

    def info(self, name: str) -> tuple[str, str]:
        """Distribution and version that a name comes from; web pages are Buildbot's."""
        entry = None if name in self._modules else self._others[name]
        if entry is None and self._category == "www":
            return self._found(name).package_name.replace("_", "-"), version
        if entry is None or entry.dist is None:
            return "kilnbot", version
        return entry.dist.name, entry.dist.version

    def __dir__(self) -> list[str]:
        return sorted({name.split(".", 1)[0] for name in self.names})

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.names

    def __repr__(self) -> str:
        return f"<plugins of the category {self._category!r}>"


class PluginDBError(Exception):
    """The installed plugins do not fit together."""


def _owner(entry: importlib.metadata.EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value
