# SPDX-License-Identifier: MIT
"""Filters of source stamps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from buildbot_cfg._checks import check_callable
from buildbot_cfg._declared import Declared
from buildbot_cfg.changes.filter import Condition, conditions_of
from buildbot_cfg.util import NotABranch

_ATTRIBUTES = ("project", "repository", "branch", "codebase")


def extract_filter_values(values: Any, filter_name: str) -> list[str]:
    """A string or a list of strings as a list.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(values, (list, str)):
        raise ValueError(f"Values of filter {filter_name} must be list of strings or a string")
    values = [values] if isinstance(values, str) else list(values)
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"Value of filter {filter_name} must be string")
    return list(values)


class SourceStampFilter(metaclass=Declared):
    """All conditions that are given must hold.

    Args:
        filter_fn: a function (source stamp) that says yes.
        project_eq: a string or a list of them; likewise repository, branch, codebase.
        project_not_eq: none of these; likewise for the others.
        project_re: a pattern or a list of them, matched at the beginning.
        project_not_re: none of these patterns.

    Raises:
        ValueError: a value has the wrong type.

    Example:
        >>> SourceStampFilter(branch_eq="main").is_matched(
        ...     {"project": "", "repository": "", "branch": "main", "codebase": ""})
        True
    """

    def __init__(
        self,
        filter_fn: Callable[[Any], Any] | None = None,
        project_eq: Any = None,
        project_not_eq: Any = None,
        project_re: Any = None,
        project_not_re: Any = None,
        repository_eq: Any = None,
        repository_not_eq: Any = None,
        repository_re: Any = None,
        repository_not_re: Any = None,
        branch_eq: Any = NotABranch,
        branch_not_eq: Any = NotABranch,
        branch_re: Any = None,
        branch_not_re: Any = None,
        codebase_eq: Any = None,
        codebase_not_eq: Any = None,
        codebase_re: Any = None,
        codebase_not_re: Any = None,
    ) -> None:
        given = locals()
        check_callable("SourceStampFilter", "filter_fn", filter_fn)
        self.filter_fn = filter_fn
        self.conditions: list[Condition] = [
            condition
            for attribute in _ATTRIBUTES
            for condition in conditions_of("SourceStampFilter", given, attribute, "_eq")
        ]

    def is_matched(self, ss: dict[str, Any]) -> bool:
        """Whether the source stamp passes."""
        if self.filter_fn is not None and not self.filter_fn(ss):
            return False
        return all(c.holds(ss[c.attribute]) for c in self.conditions)

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other)
            and self.filter_fn == other.filter_fn
            and self.conditions == other.conditions
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        checks = [
            f"{c.attribute} {'not ' if c.negate else ''}{list(c.values)}" for c in self.conditions
        ]
        return f"<{type(self).__name__} on {' and '.join(checks)}>"
