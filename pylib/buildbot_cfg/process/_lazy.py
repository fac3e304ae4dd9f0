# SPDX-License-Identifier: MIT
"""Operators on renderables: their results are renderables too."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from buildbot_cfg._tasks import awaited, promised
from buildbot_cfg.process._rendering import render, render_all


class RenderableOperators:
    """Comparison and arithmetic that wait until the values are known.

    A consequence: ``Property("a") == Property("b")`` is an object, hence true; there is no hash.
    """

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> Any:
        return _Operation(operator.eq, "==", self, other)

    def __ne__(self, other: object) -> Any:
        return _Operation(operator.ne, "!=", self, other)

    def __lt__(self, other: object) -> Any:
        return _Operation(operator.lt, "<", self, other)

    def __le__(self, other: object) -> Any:
        return _Operation(operator.le, "<=", self, other)

    def __gt__(self, other: object) -> Any:
        return _Operation(operator.gt, ">", self, other)

    def __ge__(self, other: object) -> Any:
        return _Operation(operator.ge, ">=", self, other)

    def __add__(self, other: object) -> Any:
        return _Operation(operator.add, "+", self, other)

    def __sub__(self, other: object) -> Any:
        return _Operation(operator.sub, "-", self, other)

    def __mul__(self, other: object) -> Any:
        return _Operation(operator.mul, "*", self, other)

    def __truediv__(self, other: object) -> Any:
        return _Operation(operator.truediv, "/", self, other)

    def __floordiv__(self, other: object) -> Any:
        return _Operation(operator.floordiv, "//", self, other)

    def __mod__(self, other: object) -> Any:
        return _Operation(operator.mod, "%", self, other)

    def in_(self, other: object) -> Any:
        """Whether the value is in ``other``."""
        return _Operation(_is_in, "in", self, other)


def _is_in(item: Any, container: Any) -> bool:
    return bool(item in container)


class _Operation(RenderableOperators):
    def __init__(self, function: Callable[[Any, Any], Any], sign: str, *operands: object) -> None:
        self._function, self._sign, self._operands = function, sign, operands

    @promised
    async def getRenderingFor(self, props: Any) -> Any:
        return self._function(*await render_all(self._operands, props))

    def __repr__(self) -> str:
        left, right = self._operands
        return f"{left!r} {self._sign} {right!r}"


class FlattenList(RenderableOperators):
    """A nested list made flat when rendered.

    Args:
        nestedlist: the list; may hold renderables.
        types: classes that count as lists.

    Example:
        >>> FlattenList([["make", ["-k"]], "all"])
        FlattenList([['make', ['-k']], 'all'])
    """

    def __init__(self, nestedlist: Any, types: tuple[type, ...] = (list, tuple)) -> None:
        self.nestedlist, self.types = nestedlist, types

    @promised
    async def getRenderingFor(self, props: Any) -> list[Any]:
        """The flat list."""
        found: list[Any] = []
        self._collect(await render(self.nestedlist, props), found)
        return found

    def _collect(self, items: Any, into: list[Any]) -> None:
        for item in items:
            if isinstance(item, self.types):
                self._collect(item, into)
            else:
                into.append(item)

    def __add__(self, other: object) -> FlattenList:
        more = other.nestedlist if isinstance(other, FlattenList) else other
        return FlattenList([self.nestedlist, more], self.types)

    def __repr__(self) -> str:
        return f"FlattenList({self.nestedlist!r})"


class Transform:
    """Calls a function with rendered arguments.

    Args:
        function: or a renderable that gives one.

    Example:
        >>> len_of_branch = Transform(len, "main")
    """

    def __init__(self, function: Any, *args: Any, **kwargs: Any) -> None:
        if not callable(function) and not hasattr(function, "getRenderingFor"):
            from buildbot_cfg._errors import report

            report(f"the function of Transform must be callable, not {function!r}")
        self._function, self._args, self._kwargs = function, args, kwargs

    @promised
    async def getRenderingFor(self, props: Any) -> Any:
        """What the function returns."""
        function = await render(self._function, props)
        args = await render_all(self._args, props)
        kwargs = await render(self._kwargs, props)
        return await awaited(function(*args, **kwargs))

    def __repr__(self) -> str:
        return f"Transform({self._function!r}, ...)"
