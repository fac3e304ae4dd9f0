# SPDX-License-Identifier: MIT
"""docs/config.md says what the docstrings say, and each name has something to say."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path

import pytest
from buildbot_cfg.plugins._names import NAMES

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "make_config_docs.py"))


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "config.md").read_text()

    assert written == SCRIPT["whole"](), "run: kilnbot python scripts/make_config_docs.py"


CLASSES = [
    (category, name, module)
    for category, names in NAMES.items()
    for name, module in names.items()
    if not name.isupper()
]


@pytest.mark.parametrize(("category", "name", "module"), CLASSES)
def test_each_name_is_described(category, name, module):
    value = SCRIPT["found"](name, module)
    if not callable(value):
        return
    sections = SCRIPT["sections_of"](value.__doc__ or "")

    assert sections[""], f"{category}.{name} has no docstring"
    if inspect.isclass(value):
        assert value.__dict__.get("__doc__"), f"{category}.{name} has the docstring of its base"


def test_arguments_of_a_docstring():
    doc = """Says hello.

    Args:
        name: whom to greet;
            on two lines.
        more: others.

    Example:
        >>> 1
        1
    """
    sections = SCRIPT["sections_of"](doc)

    assert SCRIPT["arguments_of"](sections["Args"]) == {
        "name": "whom to greet; on two lines.",
        "more": "others.",
    }
    assert list(sections) == ["", "Args", "Example"]


def test_the_page_of_differences_is_up_to_date():
    page = runpy.run_path(str(ROOT / "scripts" / "make_differences_docs.py"))["page"]()

    written = (ROOT / "docs" / "differences.md").read_text()

    assert written == page, "run: python scripts/make_differences_docs.py"
