#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/differences.md from the differences that the conformance suite allows.

python scripts/make_differences_docs.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "differences.md"
sys.path[:0] = [str(ROOT / "tests" / "conformance"), str(ROOT / "tests" / "conformance" / "source")]

from chosen import DIFFERENT  # noqa: E402
from differences import ALLOWED  # noqa: E402

HEAD = """\
# Where Kilnbot differs from Buildbot 4.3.0 on purpose

In everything else the REST interface tells of a scenario what Buildbot tells: the conformance suite fails otherwise. This
page is written from its lists by `scripts/make_differences_docs.py`; `*` stands for any text.

"""


def grouped(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A line for each reason, with what it is about."""
    found: dict[str, list[str]] = {}
    reason = ""
    for what, given in pairs:
        reason = reason if given == "The same." else given
        found.setdefault(reason, []).append(what)
    for reason, places in found.items():
        yield f"- {reason} ({', '.join(f'`{place}`' for place in dict.fromkeys(places))})\n"


def page() -> str:
    """The whole page."""
    scenarios = ((f"{'/'.join(a.scenarios)}: {a.path}", a.reason) for a in ALLOWED)
    parts = [HEAD, "## Scenarios\n\n", *grouped(scenarios)]
    parts += ["\n## Commands of source steps\n\n", *grouped(DIFFERENT.items())]
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes docs/differences.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    text = page()
    if not parser.parse_args().check:
        TARGET.write_text(text)
        return 0
    if TARGET.exists() and TARGET.read_text() == text:
        return 0
    print("docs/differences.md is not up to date: python scripts/make_differences_docs.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
