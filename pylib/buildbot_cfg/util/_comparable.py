# SPDX-License-Identifier: MIT
"""Objects that are equal when what they were made of is."""

from __future__ import annotations

from typing import Any, ClassVar

_NONE = object()


class ComparableMixin:
    """Equal, and with the same hash, when the class and all ``compare_attrs`` are.

    The names of all classes in the mro count.

    Example:
        >>> class Point(ComparableMixin):
        ...     compare_attrs = ("x",)
        ...     def __init__(self, x):
        ...         self.x = x
        >>> Point(1) == Point(1), Point(1) == Point(2)
        (True, False)
    """

    compare_attrs: ClassVar[Any] = ()

    def _compared(self) -> tuple[Any, ...]:
        names = sorted(
            {n for cls in type(self).__mro__ for n in vars(cls).get("compare_attrs", ())}
        )
        return tuple((name, getattr(self, name, _NONE)) for name in names)

    def __eq__(self, other: object) -> Any:
        if type(self) is not type(other):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash((type(self), self._compared()))

    def getConfigDict(self) -> dict[str, Any]:
        """The compared attributes that have a plain value."""
        return {name: value for name, value in self._compared() if value is not _NONE}
