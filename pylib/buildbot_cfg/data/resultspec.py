# SPDX-License-Identifier: MIT
"""What to select in ``master.data.get``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

OPERATORS = ("eq", "ne", "lt", "le", "gt", "ge", "contains", "in", "notin")


class FieldBase:
    """A condition on one field.

    Args:
        field: the field's name.
        op: "eq", "ne", "lt", "le", "gt", "ge", "contains", "in" or "notin".
        values: what it is compared with; a list.
    """

    def __init__(self, field: str, op: str, values: Iterable[Any]) -> None:
        self.field, self.op, self.values = field, op, list(values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldBase) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"resultspec.{type(self).__name__}({self.field!r}, {self.op!r}, {self.values!r})"


class Filter(FieldBase):
    """A condition on one field of the rows.

    Example:
        >>> Filter("complete", "eq", [True])
        resultspec.Filter('complete', 'eq', [True])
    """
