# SPDX-License-Identifier: MIT
"""Makes ``buildbot.*`` mean ``buildbot_cfg.*``: two names of the same module objects."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType

from buildbot_cfg import version

_ALIAS, _REAL = "buildbot", "buildbot_cfg"


def _real_name(name: str) -> str:
    return _REAL + name[len(_ALIAS) :]


class _AliasLoader(importlib.abc.Loader):
    """Puts the real module under its second name; its own name, spec and loader stay."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(_real_name(spec.name))
        self._kept = (module.__name__, module.__spec__, module.__loader__, module.__package__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        (
            module.__name__,
            module.__spec__,
            module.__loader__,
            module.__package__,
        ) = self._kept


class _Metadata(importlib.metadata.Distribution):
    """The distribution ``buildbot`` as far as version checks look at it."""

    def read_text(self, filename: str) -> str | None:
        if filename in ("METADATA", "PKG-INFO"):
            return f"Metadata-Version: 2.1\nName: {_ALIAS}\nVersion: {version}\n"
        return None

    def locate_file(self, path: object) -> object:  # type: ignore[override]
        return path


class AliasFinder(importlib.metadata.DistributionFinder):
    """First on ``sys.meta_path``: no name below ``buildbot`` is ever looked for elsewhere."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds ``buildbot`` and what is below it."""
        if fullname != _ALIAS and not fullname.startswith(_ALIAS + "."):
            return None
        real = _real_name(fullname)
        found = importlib.util.find_spec(real)
        if found is None:
            text = f"no module named '{fullname}' in this version of Kilnbot"
            raise ModuleNotFoundError(text, name=fullname)
        spec = importlib.machinery.ModuleSpec(fullname, _AliasLoader(), origin=found.origin)
        spec.submodule_search_locations = found.submodule_search_locations
        return spec

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterable[importlib.metadata.Distribution]:
        """Answers for the distribution ``buildbot``."""
        if context is not None and context.name is not None and context.name.lower() == _ALIAS:
            return [_Metadata()]
        return []


def install() -> None:
    """Puts the finder in place, once; forgets modules of an installed Buildbot."""
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    for name in [n for n in sys.modules if n == _ALIAS or n.startswith(_ALIAS + ".")]:
        del sys.modules[name]
    sys.meta_path.insert(0, AliasFinder())
