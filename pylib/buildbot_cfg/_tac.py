# SPDX-License-Identifier: MIT
"""Reads the values of a ``buildbot.tac`` without executing it."""

from __future__ import annotations

import ast
import operator
import os
import os.path
from collections.abc import Callable
from pathlib import Path
from typing import Any

READ_BACK = ("basedir", "configfile", "umask", "rotateLength", "maxRotatedFiles")

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


class TacError(Exception):
    """A statement that cannot be read without running it; the text names file and line."""


class _Opaque:
    """Something of Twisted's or Buildbot's that the file makes and that has no value here."""


class _Reader:
    def __init__(self, path: str) -> None:
        self.path = path
        self.names: dict[str, Any] = {"__file__": path, "int": int, "str": str}

    def fail(self, node: ast.AST, what: str) -> TacError:
        line = getattr(node, "lineno", 0)
        return TacError(
            f"{self.path}:{line}: {what}; buildbot.tac is read, not executed:"
            " use constants, os.environ, os.path functions and simple conditions,"
            " or set rotateLength, maxRotatedFiles, configfile and umask to plain values"
        )

    def run(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.imports(node)
            case ast.Assign():
                value = self.value(node.value)
                for target in node.targets:
                    self.assign(target, value)
            case ast.AnnAssign(value=ast.expr() as expression):
                self.assign(node.target, self.value(expression))
            case ast.If():
                self.run(node.body if self.value(node.test) else node.orelse)
            case ast.Expr():
                self.value(node.value)
            case ast.Pass():
                pass
            case _:
                raise self.fail(node, f"cannot read a {type(node).__name__} statement")

    def imports(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            if isinstance(node, ast.Import) and alias.name in ("os", "os.path"):
                self.names[name] = os
            else:
                self.names[name] = _Opaque()

    def assign(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Attribute() if isinstance(self.value(target.value), _Opaque):
                pass
            case _:
                raise self.fail(target, "cannot read this assignment")

    def value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=constant):
                return constant
            case ast.Name(id=name):
                if name not in self.names:
                    raise self.fail(node, f"unknown name {name!r}")
                return self.names[name]
            case ast.JoinedStr(values=parts):
                return "".join(str(self.value(part)) for part in parts)
            case ast.FormattedValue(value=inner, format_spec=None):
                return str(self.value(inner))
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self.value(item) for item in items]
            case ast.BinOp(op=ast.Add()):
                return self.apply(node, operator.add, node.left, node.right)
            case ast.Compare(ops=[comparison], comparators=[right]) if (
                type(comparison) in _OPERATORS
            ):
                return self.apply(node, _OPERATORS[type(comparison)], node.left, right)
            case ast.BoolOp(op=ast.And(), values=items):
                return all(self.value(item) for item in items)
            case ast.BoolOp(op=ast.Or(), values=items):
                return any(self.value(item) for item in items)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.value(operand)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Call():
                return self.call(node)
            case _:
                raise self.fail(node, f"cannot read a {type(node).__name__} expression")

    def apply(
        self, node: ast.AST, function: Callable[[Any, Any], Any], left: ast.expr, right: ast.expr
    ) -> Any:
        try:
            return function(self.value(left), self.value(right))
        except TypeError as error:
            raise self.fail(node, str(error)) from None

    def attribute(self, node: ast.Attribute) -> Any:
        owner = self.value(node.value)
        if isinstance(owner, _Opaque):
            return owner
        if owner is os and node.attr in ("path", "environ", "getcwd", "sep"):
            return getattr(os, node.attr)
        if owner is os.path or owner is os.environ or isinstance(owner, str):
            return getattr(owner, node.attr, None)
        raise self.fail(node, f"cannot read the attribute {node.attr!r}")

    def subscript(self, node: ast.Subscript) -> Any:
        owner = self.value(node.value)
        if isinstance(owner, _Opaque):
            return owner
        try:
            return owner[self.value(node.slice)]
        except (KeyError, IndexError, TypeError) as error:
            raise self.fail(node, f"cannot read this item: {error}") from None

    def call(self, node: ast.Call) -> Any:
        function = self.value(node.func)
        if isinstance(function, _Opaque):
            return function
        if not callable(function):
            raise self.fail(node, "this cannot be called")
        arguments = [self.value(argument) for argument in node.args]
        keywords = {k.arg: self.value(k.value) for k in node.keywords if k.arg is not None}
        try:
            return function(*arguments, **keywords)
        except Exception as error:
            raise self.fail(node, f"this call failed: {error}") from None


def read(path: str) -> dict[str, Any]:
    """The values in ``READ_BACK`` that the file sets.

    Raises TacError naming file:line for what cannot be read.
    """
    try:
        tree = ast.parse(Path(path).read_text(encoding="utf-8"), path)
    except SyntaxError as error:
        raise TacError(f"{path}:{error.lineno or 0}: syntax error: {error.msg}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise TacError(f"cannot read {path}: {error}") from None
    reader = _Reader(path)
    reader.run(tree.body)
    found = {name: reader.names[name] for name in READ_BACK if name in reader.names}
    for name, value in found.items():
        if isinstance(value, _Opaque):
            raise TacError(f"{path}: the value of {name} is known only by running the file")
    return found
