# SPDX-License-Identifier: MIT
"""Change filters, and how schedulers see changes (semantics 9)."""

import asyncio

import pytest
from buildbot.changes.filter import ChangeFilter
from buildbot.plugins import schedulers
from buildbot_cfg import _policy
from buildbot_cfg.changes.changes import Change

ROW = {
    "changeid": 9, "author": "Ann <a@x>", "committer": None, "files": ["b", "a"], "comments": "c",
    "revision": "r", "when_timestamp": 5, "branch": "main", "category": None, "revlink": None,
    "properties": {"p": ("v1", "Change")}, "repository": "https://x/repo", "project": "proj", "codebase": "",
}  # fmt: skip

CASES = [
    ({}, True),
    ({"branch": "main"}, True),
    ({"branch": ["x", "main"]}, True),
    ({"branch": None}, False),
    ({"branch_not_eq": "main"}, False),
    ({"branch_not_eq": ["x"]}, True),
    ({"branch_re": "ma"}, True),
    ({"branch_re": "ain"}, False),
    ({"branch_re": ["x", "m.*n"]}, True),
    ({"branch_not_re": "ma"}, False),
    ({"category": "x"}, False),
    ({"category_re": ".*"}, False),
    ({"category_not_re": ".*"}, True),
    ({"project": "proj", "repository": "other"}, False),
    ({"project_fn": lambda p: p == "proj"}, True),
    ({"filter_fn": lambda change: "a" in change.files}, True),
    ({"filter_fn": lambda change: False, "branch": "main"}, False),
    ({"property_eq": {"p": "v1"}}, True),
    ({"property_not_eq": {"p": "v1"}}, False),
    ({"property_re": {"p": "v[0-9]"}}, True),
    ({"property_not_re": {"missing": "v"}}, True),
    ({"property_eq": {"missing": ""}}, True),
    ({"property_re": {"missing": ".*"}}, True),
    ({"property_not_re": {"missing": ".*"}}, False),
]


@pytest.mark.parametrize(("given", "passes"), CASES)
def test_a_filter_lets_a_change_pass(given, passes):
    assert ChangeFilter(**given).filter_change(Change.from_row(ROW)) is passes


@pytest.mark.parametrize(
    "given",
    [
        {"branch": ("a",)},
        {"project": 3},
        {"project": ["a", None]},
        {"branch_re": "("},
        {"branch_re": 3},
        {"property_eq": 3},
        {"property_eq": {"p": None}},
    ],
    ids=str,
)
def test_a_wrong_value_is_a_value_error(given):
    with pytest.raises(ValueError, match="ChangeFilter"):
        ChangeFilter(**given)


def test_functions_are_asked_before_values_are_compared():
    asked = []

    def noting(name):
        return lambda value: asked.append(name) is None

    names = ("branch", "category", "codebase", "project", "repository")
    functions = {f"{name}_fn": noting(name) for name in names}
    other = ChangeFilter(branch="other", filter_fn=noting("filter"), **functions)
    assert not other.filter_change(Change.from_row(ROW))
    assert asked == ["filter", "project", "codebase", "repository", "category", "branch"]


def test_a_pattern_is_for_texts():
    change = Change.from_row({**ROW, "properties": {"p": (3, "Change")}})
    with pytest.raises(TypeError):
        ChangeFilter(property_re={"p": "3"}).filter_change(change)


def classify(**given):
    scheduler = schedulers.SingleBranchScheduler(name="s", builderNames=["b"], **given)
    return asyncio.run(_policy.classify(scheduler, ROW))


async def _no(change):
    return False


def test_a_scheduler_ignores_or_weighs_changes(logged):
    assert classify(branch="x") == 0
    assert classify(branch="main") == 2
    assert classify(branch="main", fileIsImportant=lambda change: change.revision == "r") == 2
    assert classify(branch="main", fileIsImportant=_no) == 1
    assert classify(branch="main", fileIsImportant=lambda change: 1 / 0) == 0
    ((level, text),) = logged
    assert level == "error"
    assert 'scheduler "s" failed on change 9' in text
    assert "ZeroDivisionError" in text


def test_an_own_filter_class_is_asked():
    class Mine(ChangeFilter):
        def filter_change(self, change):
            return change.number == 9

    assert not Mine().is_plain
    assert classify(change_filter=Mine()) == 2
