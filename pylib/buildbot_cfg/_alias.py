# SPDX-License-Identifier: MIT
"""Makes ``buildbot.*`` mean ``buildbot_cfg.*``: two names of the same module objects."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from buildbot_cfg import _old_spellings, version
from buildbot_cfg._errors import warn

if TYPE_CHECKING:
    import importlib.metadata  # takes longer than all of this

_ALIAS, _REAL = "buildbot", "buildbot_cfg"


def _real_name(name: str) -> str:
    return _REAL + name[len(_ALIAS) :]


def _found(real: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(real)
    except ModuleNotFoundError:
        return None


class _AliasLoader(importlib.abc.Loader):
    """Puts the real module under its second name; its own name, spec and loader stay."""

    def __init__(self, real: str) -> None:
        self._real = real

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._real)
        self._kept = (module.__name__, module.__spec__, module.__loader__, module.__package__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        (
            module.__name__,
            module.__spec__,
            module.__loader__,
            module.__package__,
        ) = self._kept


def _not_found(name: str) -> ModuleNotFoundError:
    hint = _old_spellings.module_hint(name)
    text = f"no module named '{name}' in this version of Kilnbot"
    return ModuleNotFoundError(f"{text}: {hint}" if hint else text, name=name)


class _GoneLoader(importlib.abc.Loader):
    """Makes an empty package of one that is gone: who imports a part is told what to import."""

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = ModuleType(spec.name)

        def missing(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            raise _not_found(f"{spec.name}.{name}")

        module.__dict__["__getattr__"] = missing
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""


def _distribution() -> importlib.metadata.Distribution:
    """The distribution ``buildbot`` as far as version checks look at it."""
    import importlib.metadata

    class Metadata(importlib.metadata.Distribution):
        def read_text(self, filename: str) -> str | None:
            if filename in ("METADATA", "PKG-INFO"):
                return f"Metadata-Version: 2.1\nName: {_ALIAS}\nVersion: {version}\n"
            return None

        def locate_file(self, path: object) -> object:  # type: ignore[override]
            return path

    return Metadata()


class AliasFinder(importlib.abc.MetaPathFinder):
    """First on ``sys.meta_path``: no name below ``buildbot`` is ever looked for elsewhere."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds ``buildbot`` and what is below it."""
        if fullname != _ALIAS and not fullname.startswith(_ALIAS + "."):
            return None
        real = _real_name(fullname)
        if _old_spellings.is_lenient() and fullname in _old_spellings.SAME_AS:
            real = _old_spellings.SAME_AS[fullname]
            warn(f"the module is called {real.replace(_REAL, _ALIAS, 1)} today", fullname)
        if fullname in _old_spellings.PACKAGES:
            return importlib.machinery.ModuleSpec(fullname, _GoneLoader(), is_package=True)
        found = _found(real)
        if found is None:
            raise _not_found(fullname)
        spec = importlib.machinery.ModuleSpec(fullname, _AliasLoader(real), origin=found.origin)
        spec.submodule_search_locations = found.submodule_search_locations
        return spec

    def find_distributions(
        self, context: importlib.metadata.DistributionFinder.Context | None = None
    ) -> Iterable[importlib.metadata.Distribution]:
        """Answers for the distribution ``buildbot``."""
        if context is not None and context.name is not None and context.name.lower() == _ALIAS:
            return [_distribution()]
        return []


def install() -> None:
    """Puts the finder in place, once; forgets modules of an installed Buildbot."""
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    for name in [n for n in sys.modules if n == _ALIAS or n.startswith(_ALIAS + ".")]:
        del sys.modules[name]
    sys.meta_path.insert(0, AliasFinder())
