#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/config.md from the docstrings of what a master.cfg can use.

kilnbot python scripts/make_config_docs.py [--check]
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "config.md"
LONGEST = 40
SECTION = re.compile(r"^(Args|Raises|Example|Examples|Attributes|Returns):$")

HEAD = """# The configuration language

What a `master.cfg` can use, by `from buildbot.plugins import ...`. Names and arguments are Buildbot 4.3's. This page is written
from the docstrings by `scripts/make_config_docs.py`; [testing-configurations.md](testing-configurations.md) says how to check
a configuration, and `sample_configs/` has some to start from.

Times are seconds and sizes bytes unless something else is said. "Renderable" is a value that each build gets anew:
`util.Interpolate`, `util.Property`, `util.Secret`, `util.renderer` and the like. An argument that is wrong is an error of
`checkconfig` with file and line.
"""

#: Those that most configurations use come first.
FIRST = ("worker", "steps", "util", "schedulers", "changes", "reporters", "secrets")


def found(name: str, module: str) -> Any:
    """What has the name in a plugin namespace."""
    module, _, inner = module.partition(":")
    return getattr(importlib.import_module(module), inner or name)


def sections_of(doc: str) -> dict[str, list[str]]:
    """The lines of a docstring, by section; the description's name is empty."""
    found: dict[str, list[str]] = {"": []}
    current = ""
    for line in inspect.cleandoc(doc).splitlines():
        if match := SECTION.match(line):
            current = match.group(1)
            found[current] = []
        else:
            found[current].append(line)
    return found


def arguments_of(lines: list[str]) -> dict[str, str]:
    """Of an Args section: texts by name."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if match := re.match(r"^ {4}\*{0,2}(\w+): (.*)", line):
            name = match.group(1)
            found[name] = match.group(2)
        elif name and line.strip():
            found[name] += " " + line.strip()
    return found


#: Defaults that depend on the machine.
DEPENDING = {"logCompressionMethod": "`'zstd'`; `'gz'` without the package zstandard"}


def shown_default(value: Any) -> str:
    text = repr(value)
    return "..." if " at 0x" in text or len(text) > LONGEST else text


def signature_of(function: Any) -> list[tuple[str, str]]:
    """Name and shown form of each argument."""
    shown: list[tuple[str, str]] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name == "self" or parameter.kind is parameter.VAR_KEYWORD:
            continue
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        default = (
            "" if parameter.default is parameter.empty else f"={shown_default(parameter.default)}"
        )
        shown.append((parameter.name, f"{star}{parameter.name}{default}"))
    return shown


def text_of_class(name: str, cls: type) -> Iterator[str]:
    from buildbot_cfg.process._shell_mixin import ShellMixin
    from buildbot_cfg.process.buildstep import BuildStep

    sections = sections_of(cls.__dict__.get("__doc__") or "")
    init = cls.__init__  # type: ignore[misc]
    shown = signature_of(init) if inspect.isfunction(init) else []
    more = []
    if issubclass(cls, ShellMixin) and issubclass(cls, BuildStep):
        more.append("those of [commands](#arguments-of-commands)")
    if issubclass(cls, BuildStep) and cls is not BuildStep:
        more.append("those of [all steps](#buildstep)")
    inside = ", ".join(text for _, text in shown)
    yield f"### {name}\n"
    yield f"`{name}({inside})`" + (f" and {' and '.join(more)}" if more else "") + "\n"
    yield from described(sections, arguments_of(args_of(cls)))


def args_of(cls: type) -> list[str]:
    """The Args section of the class, or of the one whose constructor it has."""
    for base in cls.__mro__:
        sections = sections_of(base.__dict__.get("__doc__") or "")
        if "Args" in sections:
            return sections["Args"]
        if "__init__" in base.__dict__:
            break
    return []


def described(sections: dict[str, list[str]], arguments: dict[str, str]) -> Iterator[str]:
    if description := "\n".join(sections[""]).strip():
        yield description + "\n"
    if arguments:
        yield "\n".join(f"- `{name}`: {text}" for name, text in arguments.items()) + "\n"
    if raises := arguments_or_text(sections.get("Raises", [])):
        yield f"Errors: {raises}\n"
    if example := sections.get("Example") or sections.get("Examples"):
        lines = "\n".join(line[4:] for line in example).strip("\n")
        yield f"```pycon\n{lines}\n```\n"


def arguments_or_text(lines: list[str]) -> str:
    found = arguments_of(lines)
    return "; ".join(f"{name}: {text.rstrip('.')}" for name, text in found.items())


def text_of(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, type):
        yield from text_of_class(name, value)
    elif callable(value):
        inside = ", ".join(text for _, text in signature_of(value))
        sections = sections_of(value.__doc__ or "")
        yield f"### {name}\n"
        yield f"`{name}({inside})`\n"
        yield from described(sections, arguments_of(sections.get("Args", [])))
    else:
        yield f"### {name}\n"
        yield f"`{shown_default(value)}`\n"


def table_of_keys(keys: dict[str, Any], shown: str) -> Iterator[str]:
    yield "| key | value | default | |\n|---|---|---|---|"
    for name, key in keys.items():
        expected = "anything" if object in key.kinds else key.expected()
        note = "" if key.active else "accepted, not active in this version"
        default = "" if key.default is None else f"`{shown_default(key.default)}`"
        default = DEPENDING.get(name, default)
        yield f"| `{shown.format(name)}` | {expected} | {default} | {note} |"
    yield ""


def commands() -> Iterator[str]:
    from buildbot_cfg._checks import words
    from buildbot_cfg.process import _shell_mixin

    yield "### Arguments of commands\n"
    yield "Of each step that runs a shell command; all may be renderables.\n"
    yield "- `command`: a text for the shell, or a list of words."
    for name, kinds in _shell_mixin._TYPES.items():
        default = getattr(_shell_mixin.ShellMixin, name)
        yield f"- `{name}`: {words(kinds)}; `{shown_default(default)}` if not given"
    yield ""


def whole() -> str:
    from buildbot_cfg import _keys, _settings
    from buildbot_cfg._checks import words
    from buildbot_cfg.plugins._names import NAMES

    lines = [HEAD, "## BuildmasterConfig\n", *table_of_keys(_keys.TOP, 'c["{}"]')]
    lines += ['## c["www"]\n', *table_of_keys(_keys.WWW, "{}")]
    lines.append("## KilnbotConfig\n")
    lines.append("A second dict beside `BuildmasterConfig`, which Buildbot does not look at.\n")
    lines.append("| setting | value | default |\n|---|---|---|")
    for name, (kinds, default) in _settings.SETTINGS.items():
        lines.append(f"| `{name}` | {words(kinds)} | `{default!r}` |")
    lines.append("")
    for category in [*FIRST, *sorted(NAMES.keys() - set(FIRST))]:
        names = NAMES[category]
        lines.append(f"## {category}\n")
        if category == "steps":
            lines += commands()
        for name, module in sorted(names.items()):
            lines += text_of(name, found(name, module))
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes docs/config.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    options = parser.parse_args()
    text = whole()
    if options.check:
        if TARGET.exists() and TARGET.read_text() == text:
            return 0
        print("docs/config.md is not up to date: kilnbot python scripts/make_config_docs.py")
        return 1
    TARGET.write_text(text)
    print(f"{TARGET}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
