# SPDX-License-Identifier: MIT
"""Counts how many public names of Buildbot 4.3, and import paths of public configurations, are there.

    .venv/bin/kilnbot python scripts/check_names.py

The names were recorded with Buildbot 4.3.0 (tests/data/record_surface.py). Of the import paths, "has" are those that
Buildbot 4.3.0 has, "gone" those of older versions: for them an error has to say what to import instead.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from buildbot_cfg import _old_spellings

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
#: Of the worker's package, and of a configuration that puts a module of its own below "buildbot".
OWN = {"buildbot_worker.bot:Worker", "buildbot.flathub_builds:Builds"}


def missing_names() -> tuple[int, list[str]]:
    """How many names there are, and those that ``from buildbot.plugins import ...`` does not give."""
    surface = json.loads((DATA / "plugin_surface.json").read_text())
    missing = []
    for entry in surface:
        statement = f"from buildbot.plugins import {entry['category']}"
        if entry["category"] in ("machine", "www"):  # Buildbot's plugins do not have these either
            statement = f"from buildbot.plugins.db import get_plugins; {entry['category']} = "
            statement += f"get_plugins({entry['category']!r})"
        try:
            _run(f"{statement}; {entry['category']}.{entry['name']}")
        except (ImportError, AttributeError) as error:
            missing.append(f"{entry['category']}.{entry['name']}: {error}")
    return len(surface), missing


def import_error(path: str) -> str | None:
    """Why a path cannot be imported, in the words of ``checkconfig``; None: it can."""
    module, name = path.split(":")
    try:
        if name == "(module)":
            importlib.import_module(module)
        else:
            _run(f"from {module} import {name}")
    except ImportError as error:
        return _old_spellings.import_text(error)
    return None


def _run(statement: str) -> None:
    names: dict[str, Any] = {}
    exec(statement, names)


def tells_instead(text: str) -> bool:
    """Whether the text goes on after what is missing."""
    return ": " in text.partition("buildbot")[2]


def main() -> int:
    """Prints the counts; 1 when something is missing."""
    count, missing = missing_names()
    print(f"plugin names: {count - len(missing)} of {count}")
    paths = json.loads((DATA / "import_paths.json").read_text())
    failed = {path: text for path in paths["has"] if (text := import_error(path))}
    print(
        f"import paths that Buildbot 4.3.0 has: {len(paths['has']) - len(failed)} of {len(paths['has'])}"
    )
    told = {path: import_error(path) or "" for path in paths["gone"] if path not in OWN}
    silent = [path for path, text in told.items() if text and not tells_instead(text)]
    print(
        f"import paths of older versions with an error that says more: {len(told) - len(silent)} of {len(told)}"
    )
    for text in missing:
        print(f"  missing: {text}")
    for path, text in failed.items():
        print(f"  missing: {path}: {text}")
    for path in silent:
        print(f"  says no more: {path}: {told[path]}")
    return 1 if missing or failed or silent else 0


if __name__ == "__main__":
    sys.exit(main())
