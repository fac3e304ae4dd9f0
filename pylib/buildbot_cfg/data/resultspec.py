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

    def __init__(self, field: str | bytes, op: str, values: Iterable[Any]) -> None:
        self.field = field.decode() if isinstance(field, bytes) else field
        self.op, self.values = op, list(values)

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


class Property(FieldBase):
    """Which properties the rows are to have: ``Property("property", "eq", ["*"])`` for all."""


class ResultSpec:
    """All of a query in one object, for ``master.data.get_with_resultspec``.

    Args:
        filters: conditions; all must hold.
        fields: names to give; None: all.
        properties: which properties the rows are to have.
        order: names to sort by, ``-name`` backwards.
        limit: rows at most.
        offset: rows to skip.
    """

    def __init__(
        self,
        filters: Iterable[Filter] | None = None,
        fields: Iterable[str] | None = None,
        properties: Iterable[Property] | None = None,
        order: Iterable[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> None:
        self.filters, self.properties = list(filters or ()), list(properties or ())
        self.fields = None if fields is None else list(fields)
        self.order = None if order is None else list(order)
        self.limit, self.offset = limit, offset
