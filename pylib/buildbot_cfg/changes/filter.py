# SPDX-License-Identifier: MIT
"""Which changes a scheduler looks at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from buildbot_cfg._declared import Declared
from buildbot_cfg.util import NotABranch

#: In the order in which their functions are asked.
_ATTRIBUTES = ("project", "codebase", "repository", "category", "branch")


class Condition(NamedTuple):
    """One condition: a value of the change, and what it is compared with."""

    attribute: str
    values: tuple[Any, ...]
    negate: bool
    is_pattern: bool
    is_property: bool = False

    def holds(self, value: Any) -> bool:
        """Whether it holds for this value of the change."""
        if self.is_pattern:
            found = value is not None and any(p.match(value) for p in self.values)
        else:
            found = value in self.values
        return found is not self.negate


class ChangeFilter(metaclass=Declared):
    """All conditions that are given must hold.

    Args:
        filter_fn: a function (change) that says yes.
        project: a string or a list of them; likewise repository, branch, category, codebase.
        project_not_eq: none of these; likewise for the others.
        project_re: a pattern or a list of them, matched at the beginning.
        project_not_re: none of these patterns.
        project_fn: a function (value) that says yes.
        property_eq: a dict of property names and values; likewise property_not_eq, property_re ...

    Raises:
        ValueError: a value has the wrong type.

    Example:
        >>> main = ChangeFilter(branch="main", project=["a", "b"])
        >>> [condition.attribute for condition in main.conditions]
        ['project', 'branch']
    """

    def __init__(
        self,
        filter_fn: Callable[[Any], Any] | None = None,
        project: Any = None,
        project_not_eq: Any = None,
        project_re: Any = None,
        project_not_re: Any = None,
        project_fn: Callable[[Any], Any] | None = None,
        repository: Any = None,
        repository_not_eq: Any = None,
        repository_re: Any = None,
        repository_not_re: Any = None,
        repository_fn: Callable[[Any], Any] | None = None,
        branch: Any = NotABranch,
        branch_not_eq: Any = NotABranch,
        branch_re: Any = None,
        branch_not_re: Any = None,
        branch_fn: Callable[[Any], Any] | None = None,
        category: Any = None,
        category_not_eq: Any = None,
        category_re: Any = None,
        category_not_re: Any = None,
        category_fn: Callable[[Any], Any] | None = None,
        codebase: Any = None,
        codebase_not_eq: Any = None,
        codebase_re: Any = None,
        codebase_not_re: Any = None,
        codebase_fn: Callable[[Any], Any] | None = None,
        property_eq: dict[str, Any] | None = None,
        property_not_eq: dict[str, Any] | None = None,
        property_re: dict[str, Any] | None = None,
        property_not_re: dict[str, Any] | None = None,
    ) -> None:
        given = locals()
        self.filter_fn = filter_fn
        self.functions: dict[str, Callable[[Any], Any]] = {}
        self.conditions = _conditions("ChangeFilter", given, _ALL_ARGUMENTS)
        for attribute, function in _FUNCTIONS:
            if given[function] is not None:
                self.functions[attribute] = given[function]
        for name, negate, is_pattern in _PROPERTIES:
            if given[name]:
                self._take_properties(name, given[name], negate, is_pattern)

    def _take_properties(
        self, name: str, wanted: dict[str, Any], negate: bool, is_pattern: bool
    ) -> None:
        if not isinstance(wanted, dict):
            raise ValueError(f'"{name}" of ChangeFilter must be a dict, not {wanted!r}')
        for key, value in wanted.items():
            values = _values("ChangeFilter", name, value, is_pattern)
            self.conditions.append(Condition(key, values, negate, is_pattern, is_property=True))

    def filter_change(self, change: Any) -> bool:
        """Whether the change passes."""
        if self.filter_fn is not None and not self.filter_fn(change):
            return False
        if not all(fn(getattr(change, name)) for name, fn in self.functions.items()):
            return False
        for condition in self.conditions:
            if condition.is_property:
                value = change.properties.getProperty(condition.attribute, "")
            else:
                value = getattr(change, condition.attribute)
            if not condition.holds(value):
                return False
        return True

    @property
    def is_plain(self) -> bool:
        """Whether it only compares attributes with constants."""
        stock = type(self).filter_change is ChangeFilter.filter_change
        return (
            stock
            and self.filter_fn is None
            and not self.functions
            and not any(c.is_pattern or c.is_property for c in self.conditions)
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ChangeFilter)
            and type(self) is type(other)
            and self.filter_fn == other.filter_fn
            and self.conditions == other.conditions
            and self.functions == other.functions
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        checks = [
            f"{c.attribute} {'not ' if c.negate else ''}{list(c.values)}" for c in self.conditions
        ]
        return f"<{type(self).__name__} on {' and '.join(checks) or 'nothing'}>"


#: No branch is the default branch.
_MAY_BE_NONE = ("branch", "branch_eq", "branch_not_eq")
_FORMS = (
    ("", False, False),
    ("_not_eq", True, False),
    ("_re", False, True),
    ("_not_re", True, True),
)


def conditions_of(
    owner: str, given: dict[str, Any], attribute: str, equal: str = ""
) -> list[Condition]:
    """The conditions on one attribute among the arguments of a filter.

    Args:
        owner: the filter's class, for messages.
        given: the arguments.
        attribute: such as "branch".
        equal: what the name of the argument for equality ends with.

    Raises:
        ValueError: a value has the wrong type.
    """
    return _conditions(owner, given, _arguments(attribute, equal))


#: Of an argument: its name, the attribute, negate, is_pattern, and its value when it is not given.
_Argument = tuple[str, str, bool, bool, Any]


def _arguments(attribute: str, equal: str = "") -> tuple[_Argument, ...]:
    unset = NotABranch if attribute == "branch" else None
    return tuple(
        (
            attribute + (suffix or equal),
            attribute,
            negate,
            is_pattern,
            None if is_pattern else unset,
        )
        for suffix, negate, is_pattern in _FORMS
    )


_ALL_ARGUMENTS = tuple(argument for name in _ATTRIBUTES for argument in _arguments(name))
_PROPERTIES = tuple(
    (f"property{suffix or '_eq'}", negate, is_pattern) for suffix, negate, is_pattern in _FORMS
)
_FUNCTIONS = tuple((name, name + "_fn") for name in _ATTRIBUTES)


def _conditions(
    owner: str, given: dict[str, Any], arguments: tuple[_Argument, ...]
) -> list[Condition]:
    return [
        Condition(attribute, _values(owner, name, given[name], is_pattern), negate, is_pattern)
        for name, attribute, negate, is_pattern, unset in arguments
        if given[name] is not unset
    ]


def _values(owner: str, name: str, value: Any, is_pattern: bool) -> tuple[Any, ...]:
    if type(value) is str and not is_pattern:
        return (value,)
    values = value if isinstance(value, list) else [value]
    if is_pattern:
        return tuple(_pattern(owner, name, item) for item in values)
    kinds = (str, type(None)) if name in _MAY_BE_NONE else str
    for item in values:
        if not isinstance(item, kinds):
            raise ValueError(
                f'"{name}" of {owner} must be a string or a list of them, not {item!r}'
            )
    return tuple(values)


def _pattern(owner: str, name: str, item: Any) -> re.Pattern[str]:
    if isinstance(item, str):
        try:
            item = re.compile(item)
        except re.error as error:
            raise ValueError(f'"{name}" of {owner} is no pattern: {error}') from error
    if not isinstance(item, re.Pattern):
        raise ValueError(f'"{name}" of {owner} must be a pattern or a list of them, not {item!r}')
    return item
