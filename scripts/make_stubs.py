#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes pylib/buildbot-stubs: what type checkers and editors see as the package `buildbot`.

    kilnbot python scripts/make_stubs.py [--to DIR]

`buildbot` is an import hook, so there are no files that they could read; the stubs name what `buildbot_cfg` has. Steps take
their arguments as **kwargs; here each has all of them with types, so that a wrong one is found.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
import shutil
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "pylib" / "buildbot-stubs"
PACKAGE = "buildbot_cfg"
HEAD = "# SPDX-License-Identifier: MIT\n# Written by scripts/make_stubs.py; do not edit.\n"
IRENDERABLE = "buildbot_cfg.interfaces.IRenderable"
TEXT = f"str | {IRENDERABLE}"
WORDS = f"str | list[Any] | tuple[Any, ...] | {IRENDERABLE} | None"

#: Arguments of all steps.
STEP = {
    "description": WORDS,
    "descriptionDone": WORDS,
    "descriptionSuffix": WORDS,
    "doStepIf": f"bool | {IRENDERABLE} | Callable[[Any], Any]",
    "hideStepIf": f"bool | {IRENDERABLE} | Callable[[Any, Any], Any]",
    "locks": "Any",
    "logEncoding": "str | None",
    "name": TEXT,
    "progressMetrics": "Any",
    "updateBuildSummaryPolicy": "list[int] | bool | None",
    "useProgress": "bool",
    "workdir": f"{TEXT} | None",
}


def is_public(module: str) -> bool:
    return not any(part.startswith("_") for part in module.split("."))


def public_modules() -> dict[str, types.ModuleType]:
    found = {}
    package = importlib.import_module(PACKAGE)
    for info in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        if is_public(info.name) and not info.name.startswith(f"{PACKAGE}.plugins"):
            found[info.name] = importlib.import_module(info.name)
    return found


def public_names(module: types.ModuleType) -> dict[str, Any]:
    listed = getattr(module, "__all__", None)
    names = listed if listed is not None else [n for n in vars(module) if not n.startswith("_")]
    return {
        name: value
        for name in sorted(names)
        if not isinstance(value := getattr(module, name), types.ModuleType)
        and (listed is not None or is_ours(value))
    }


def module_of(value: Any) -> Any:
    """Where it is defined; classes say that they are from buildbot."""
    home = getattr(value, "__module__", None)
    if isinstance(home, str) and home.startswith("buildbot."):
        return home.replace("buildbot", PACKAGE, 1)
    return home


def is_ours(value: Any) -> bool:
    home = module_of(value)
    if isinstance(home, str):
        return home.startswith(PACKAGE)
    return isinstance(value, (bool, int, float, str, list, dict, tuple))


class Stub:
    """One .pyi file: imports that its text needs, and the text."""

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.lines: list[str] = []

    def text(self) -> str:
        typing_ = [line for line in sorted(self.imports) if not line.startswith("import buildbot")]
        own = [line for line in sorted(self.imports) if line.startswith("import buildbot")]
        parts = ["\n".join(typing_), "\n".join(own), "\n".join(self.lines)]
        return HEAD + "\n" + "\n\n".join(part for part in parts if part) + "\n"

    def type_text(self, kind: Any) -> str:
        """A type as it is written; what cannot be written is Any."""
        origin, args = typing.get_origin(kind), typing.get_args(kind)
        if kind is None or kind is type(None):
            return "None"
        if kind is Any or kind is ... or isinstance(kind, (typing.TypeVar, str)):
            return "..." if kind is ... else "Any"
        if origin is typing.Union or origin is types.UnionType:
            return " | ".join(dict.fromkeys(self.type_text(arg) for arg in args))
        if origin is typing.Literal:
            self.imports.add("from typing import Literal")
            return f"Literal[{', '.join(repr(arg) for arg in args)}]"
        if origin is Callable:
            given, result = args
            taken = "..." if given is ... else f"[{', '.join(map(self.type_text, given))}]"
            return f"Callable[{taken}, {self.type_text(result)}]"
        base = origin if origin is not None else kind
        if not isinstance(base, type):
            return "Any"
        inside = f"[{', '.join(map(self.type_text, args))}]" if args else ""
        return self.class_text(base) + inside

    def class_text(self, cls: type) -> str:
        if cls.__module__ == "builtins":
            return cls.__qualname__
        self.imports.add(f"import {module_of(cls)}")
        return f"{module_of(cls)}.{cls.__qualname__}"


def service_parameters_of(cls: type, stub: Stub) -> list[str] | None:
    """The arguments of a service: those of its checkConfig, and of its bases'."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if inspect.isfunction(check := base.__dict__.get("checkConfig")):
            hints |= hints_of(check)
    parameters = inspect.signature(cls).parameters.values()
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        return None
    found = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and "*" not in found:
            found.append("*")
        default = "" if parameter.default is parameter.empty else " = ..."
        kind = stub.type_text(hints.get(parameter.name, Any))
        found.append(f"{parameter.name}: {kind}{default}")
    stub.imports.add("from typing import Any")
    stub.imports.add("from collections.abc import Callable")
    return found


def parameters_of(cls: type, stub: Stub) -> list[str] | None:
    """All arguments of a step's class, also those that its bases take by **kwargs."""
    from buildbot_cfg.process._shell_mixin import ShellMixin
    from buildbot_cfg.process.buildstep import BuildStep
    from buildbot_cfg.util.service import BuildbotService

    if issubclass(cls, BuildbotService):
        return service_parameters_of(cls, stub)
    found: dict[str, str] = {}
    by_name_only = False
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if base is BuildStep:
            break
        if not inspect.isfunction(init):
            continue
        hints = hints_of(init)
        for parameter in list(inspect.signature(init).parameters.values())[1:]:
            kind, name = parameter.kind, parameter.name
            if kind is parameter.VAR_KEYWORD or name in found:
                continue
            if kind is parameter.VAR_POSITIONAL:
                return None
            if (kind is parameter.KEYWORD_ONLY or found) and base is not cls and not by_name_only:
                by_name_only = by_name_only or bool(found.setdefault("*", "*"))
            elif kind is parameter.KEYWORD_ONLY and "*" not in found:
                found["*"] = "*"
            default = "" if parameter.default is parameter.empty else " = ..."
            found[name] = f"{name}: {stub.type_text(hints.get(name, Any))}{default}"
    found.setdefault("*", "*")
    if issubclass(cls, ShellMixin):
        for name, kind in shell_types(stub).items():
            found.setdefault(name, f"{name}: {kind} = ...")
    for name in BuildStep._accepted:
        kind = STEP.get(name, f"bool | {IRENDERABLE}")
        found.setdefault(name, f"{name}: {kind} = ...")
    stub.imports |= {"import buildbot_cfg.interfaces", "from typing import Any"}
    stub.imports.add("from collections.abc import Callable")
    return list(found.values())


def hints_of(function: Any) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError):  # a name that only type checkers import
        return {}


def shell_types(stub: Stub) -> dict[str, str]:
    from buildbot_cfg.process import _shell_mixin

    types_ = {"command": f"str | list[Any] | tuple[Any, ...] | {IRENDERABLE}"}
    for name, kinds in _shell_mixin._TYPES.items():
        shown = [stub.type_text(kind) for kind in kinds]
        words = ["dict[Any, Any]" if word == "dict" else word for word in shown]
        types_[name] = " | ".join([*words, IRENDERABLE])
    return types_


class Steps:
    """Which module has the stub of each public class of steps or services."""

    def __init__(self, modules: dict[str, types.ModuleType]) -> None:
        from buildbot_cfg.process.buildstep import BuildStep
        from buildbot_cfg.util.service import BuildbotService

        self.homes: dict[type, str] = {}
        for name, module in modules.items():
            for value in public_names(module).values():
                if not isinstance(value, type):
                    continue
                if not issubclass(value, (BuildStep, BuildbotService)):
                    continue
                if module_of(value) == name or value not in self.homes:
                    self.homes[value] = name

    def known(self, value: Any) -> bool:
        return isinstance(value, type) and value in self.homes

    def bases_of(self, cls: type) -> list[type]:
        found = []
        for base in cls.__bases__:
            known = next((c for c in base.__mro__ if c in self.homes), None)
            if known is not None and known not in found:
                found.append(known)
        return [b for b in found if not any(b is not o and issubclass(o, b) for o in found)]

    def write(self, cls: type, home: str, stub: Stub) -> None:
        bases = []
        for base in self.bases_of(cls):
            if self.homes[base] == home:
                bases.append(base.__name__)
            else:
                module = public(self.homes[base])
                stub.imports.add(f"import {module}")
                bases.append(f"{module}.{base.__name__}")
        bases.append(stub.class_text(cls))
        stub.lines.append(f"class {cls.__name__}({', '.join(bases)}):  # type: ignore[misc]")
        parameters = parameters_of(cls, stub)
        if parameters is None:
            stub.lines.append("    ...\n")
            return
        stub.lines.append("    def __init__(\n        self,")
        stub.lines += [f"        {parameter}," for parameter in parameters]
        stub.lines.append("    ) -> None: ...\n")
        if hasattr(cls, "checkConfig"):  # each class takes other arguments
            stub.lines.append("    checkConfig: Any  # type: ignore[assignment]\n")


def public(module: str) -> str:
    return module.replace(PACKAGE, "buildbot", 1)


def module_stub(name: str, module: types.ModuleType, steps: Steps) -> str:
    stub = Stub()
    names = public_names(module)
    classes = [v for n, v in names.items() if steps.known(v) and n == v.__name__]
    mine = [cls for cls in classes if steps.homes[cls] == name]
    for shown, value in names.items():
        if value in mine:
            continue
        if steps.known(value):
            stub.lines.append(
                f"from {public(steps.homes[value])} import {value.__name__} as {shown}"
            )
        else:
            stub.lines.append(f"from {home_of(value, shown, name)} import {shown} as {shown}")
    if stub.lines:
        stub.lines.append("")
    for cls in sorted(mine, key=lambda cls: len(cls.__mro__)):
        steps.write(cls, name, stub)
    return stub.text()


def home_of(value: Any, shown: str, module: str) -> str:
    """Where the name is defined: type checkers do not look through imports of imports."""
    home = module_of(value)
    if isinstance(home, str) and home.startswith(PACKAGE):
        if getattr(sys.modules.get(home), shown, None) is value:
            return home
    elif not isinstance(value, type):
        for name, other in sorted(sys.modules.items()):
            if name.startswith(PACKAGE) and shown in assigned_names(other):
                return name
    return module


def assigned_names(module: types.ModuleType) -> set[str]:
    import ast

    if module.__name__ not in _ASSIGNED:
        found = set()
        if file := getattr(module, "__file__", None):
            for node in ast.parse(Path(file).read_text()).body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found.add(node.target.id)
                for target in node.targets if isinstance(node, ast.Assign) else []:
                    found.update(n.id for n in ast.walk(target) if isinstance(n, ast.Name))
        _ASSIGNED[module.__name__] = found
    return _ASSIGNED[module.__name__]


_ASSIGNED: dict[str, set[str]] = {}


def plugin_stub(names: dict[str, str], steps: Steps) -> str:
    stub = Stub()
    spaces: dict[str, list[str]] = {}
    for name, place in sorted(names.items()):
        module, _, inner = place.partition(":")
        inner = inner or name
        value = getattr(importlib.import_module(module), inner)
        home = public(steps.homes[value]) if steps.known(value) else home_of(value, inner, module)
        real = value.__name__ if steps.known(value) else inner
        space, _, last = name.rpartition(".")
        if space:
            stub.lines.append(f"from {home} import {real} as _{space}_{last}")
            spaces.setdefault(space, []).append(f"    {last} = staticmethod(_{space}_{last})")
        else:
            stub.lines.append(f"from {home} import {real} as {name}")
    for space, lines in spaces.items():
        stub.lines += ["", f"class {space}:", *lines]
    return stub.text()


def write_all(target: Path) -> None:
    from buildbot_cfg.plugins._names import NAMES

    modules = public_modules()
    steps = Steps(modules)
    files = {Path("__init__.pyi"): HEAD + "\nversion: str\n"}
    for name, module in modules.items():
        path = Path(*name.split(".")[1:])
        is_package = hasattr(module, "__path__")
        files[path / "__init__.pyi" if is_package else path.with_suffix(".pyi")] = module_stub(
            name, module, steps
        )
    for category, names in NAMES.items():
        files[Path("plugins", f"{category}.pyi")] = plugin_stub(names, steps)
    imports = "\n".join(f"from . import {category} as {category}" for category in sorted(NAMES))
    files[Path("plugins", "__init__.pyi")] = f"{HEAD}\n{imports}\n"
    for path, text in files.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the type stubs of the package buildbot.")
    parser.add_argument("--to", type=Path, default=TARGET, help="the folder; it is replaced")
    target = parser.parse_args().to
    shutil.rmtree(target, ignore_errors=True)
    write_all(target)
    print(f"{len(list(target.rglob('*.pyi')))} stubs in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
