# SPDX-License-Identifier: MIT
"""Reads a ``buildbot.tac`` without executing it.

Constants, os.environ, os.path functions, methods of plain values, conditions and loops over them
are worked out; everything of Twisted's or Buildbot's is an unknown value, whose calls are noted.
"""

from __future__ import annotations

import ast
import enum
import fnmatch
import operator
import os
import os.path
import socket
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

MAX_STEPS = 100_000  # statements and expressions: a file that loops for ever is refused


class TacError(Exception):
    """Something that cannot be read without running it; the text names file and line."""


class Value(enum.Enum):
    """What has no value here."""

    UNKNOWN = "unknown"


class Call(NamedTuple):
    """A call of something unknown: the last part of its name and its arguments."""

    name: str
    args: List[Any]
    keywords: Dict[str, Any]


class _Named:
    """Something unknown, with the name under which the file calls it."""

    def __init__(self, name: str) -> None:
        self.name = name


class _File:
    def __init__(self, path: str, mode: str = "r", encoding: str = "utf-8") -> None:
        if mode not in ("r", "rt"):
            raise ValueError("files are only read")
        with open(path, encoding=encoding) as source:
            self._lines = source.readlines()

    def read(self) -> str:
        text, self._lines = "".join(self._lines), []
        return text

    def readline(self) -> str:
        return self._lines.pop(0) if self._lines else ""

    def close(self) -> None:
        self._lines = []


_ENVIRON = object()
_OS = {"environ": _ENVIRON, "getcwd": os.getcwd, "sep": os.sep, "name": os.name, "getenv": None}
_PATH_NAMES = "abspath basename dirname exists expanduser isdir isfile join normpath realpath"
_PATH = {name: getattr(os.path, name) for name in _PATH_NAMES.split()}
_MODULES: Dict[str, Dict[str, Any]] = {
    "os": _OS,
    "os.path": _PATH,
    "fnmatch": {"fnmatch": fnmatch.fnmatch, "fnmatchcase": fnmatch.fnmatchcase},
    "socket": {"gethostname": socket.gethostname, "getfqdn": socket.getfqdn},
}
_BUILTINS: Dict[str, Any] = {
    "int": int, "str": str, "float": float, "bool": bool, "list": list, "len": len,
    "sorted": sorted, "open": _File,
}  # fmt: skip
_OPERATORS: Dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right, ast.NotIn: lambda left, right: left not in right,
}  # fmt: skip
_PLAIN = (str, bytes, int, float, list, tuple, dict, _File)


class _Module(NamedTuple):
    name: str


class Reader:
    """Works out a file's statements."""

    def __init__(self, path: str, environ: Dict[str, str]) -> None:
        self.path = path
        self.environ = environ
        self.calls: List[Call] = []
        self.names: Dict[str, Any] = {"__file__": path, **_BUILTINS}
        self._steps = 0

    def fail(self, node: ast.AST, what: str) -> TacError:
        line = getattr(node, "lineno", 0)
        return TacError(
            f"{self.path}:{line}: {what}; buildbot.tac is read, not executed: use constants,"
            " os.environ, os.path functions, open(...).read() and simple conditions"
        )

    def step(self, node: ast.AST) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise self.fail(node, "this takes too long")

    def run(self, body: List[ast.stmt]) -> None:
        for node in body:
            self.step(node)
            handler = getattr(self, f"on_{type(node).__name__}", None)
            if handler is None:
                raise self.fail(node, f"cannot read a {type(node).__name__} statement")
            handler(node)

    def on_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.split(".")[0]
            known = _Module(name) if name in _MODULES else _Named(name)
            self.names[alias.asname or name] = known

    def on_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            module = _MODULES.get(node.module or "", {})
            if f"{node.module}.{alias.name}" in _MODULES:
                value: Any = _Module(f"{node.module}.{alias.name}")
            else:
                value = module.get(alias.name, _Named(alias.name))
            self.names[alias.asname or alias.name] = value

    def on_Assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self.assign(target, value)

    def on_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.value(node.value))

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Attribute) and isinstance(self.value(target.value), _Named):
            pass
        elif isinstance(target, ast.Subscript) and self.value(target.value) is _ENVIRON:
            self.environ[self.value(_index(target))] = value
        else:
            raise self.fail(target, "cannot read this assignment")

    def on_If(self, node: ast.If) -> None:
        self.run(node.body if self.value(node.test) else node.orelse)

    def on_For(self, node: ast.For) -> None:
        items = self.value(node.iter)
        if not isinstance(items, (list, tuple, dict)):
            raise self.fail(node, "cannot loop over this")
        for item in list(items):
            self.assign(node.target, item)
            self.run(node.body)

    def on_With(self, node: ast.With) -> None:
        for item in node.items:
            value = self.value(item.context_expr)
            if not isinstance(value, _File):
                raise self.fail(node, "only files can be used with 'with'")
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value)
        self.run(node.body)

    def on_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.names.pop(target.id, None)
            elif isinstance(target, ast.Subscript) and self.value(target.value) is _ENVIRON:
                self.environ.pop(self.value(_index(target)), None)
            else:
                raise self.fail(target, "cannot read this 'del'")

    def on_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.names[node.name] = _Named(node.name)

    def on_ClassDef(self, node: ast.ClassDef) -> None:
        self.names[node.name] = _Named(node.name)

    def on_Expr(self, node: ast.Expr) -> None:
        self.value(node.value)

    def on_Pass(self, node: ast.Pass) -> None:
        pass

    def value(self, node: ast.expr) -> Any:
        self.step(node)
        handler = getattr(self, f"of_{type(node).__name__}", None)
        if handler is None:
            raise self.fail(node, f"cannot read a {type(node).__name__} expression")
        return handler(node)

    def of_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def of_Name(self, node: ast.Name) -> Any:
        if node.id not in self.names:
            raise self.fail(node, f"unknown name {node.id!r}")
        return self.names[node.id]

    def of_JoinedStr(self, node: ast.JoinedStr) -> Any:
        return "".join(str(self.value(part)) for part in node.values)

    def of_FormattedValue(self, node: ast.FormattedValue) -> Any:
        if node.format_spec is not None:
            raise self.fail(node, "cannot read a format")
        return self.value(node.value)

    def of_List(self, node: ast.List) -> Any:
        return [self.value(item) for item in node.elts]

    def of_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.value(item) for item in node.elts)

    def of_Dict(self, node: ast.Dict) -> Any:
        return {
            self.value(key): self.value(value)
            for key, value in zip(node.keys, node.values)
            if key is not None
        }

    def of_BinOp(self, node: ast.BinOp) -> Any:
        return self.apply(node, node.op, self.value(node.left), self.value(node.right))

    def of_Compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for comparison, item in zip(node.ops, node.comparators):
            right = self.value(item)
            if not self.apply(node, comparison, left, right):
                return False
            left = right
        return True

    def apply(self, node: ast.AST, operation: ast.AST, left: Any, right: Any) -> Any:
        function = _OPERATORS.get(type(operation))
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if function is None or (isinstance(operation, ast.Mult) and not numbers):
            raise self.fail(node, f"cannot read the operator {type(operation).__name__}")
        right = self.environ if right is _ENVIRON else right
        try:
            return function(left, right)
        except (TypeError, ValueError) as error:
            raise self.fail(node, str(error)) from None

    def of_BoolOp(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for item in node.values:
            value = self.value(item)
            if bool(value) != isinstance(node.op, ast.And):
                break
        return value

    def of_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        if isinstance(node.op, ast.USub) and isinstance(value, (int, float)):
            return -value
        raise self.fail(node, f"cannot read the operator {type(node.op).__name__}")

    def of_IfExp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def of_Attribute(self, node: ast.Attribute) -> Any:
        owner = self.value(node.value)
        if isinstance(owner, _Named):
            return _Named(f"{owner.name}.{node.attr}")
        if owner is _ENVIRON:
            return getattr(self.environ, node.attr)
        if isinstance(owner, _Module):
            return self.member(node, owner.name)
        if isinstance(owner, _PLAIN) and not node.attr.startswith("_"):
            return getattr(owner, node.attr, None)
        raise self.fail(node, f"cannot read the attribute {node.attr!r}")

    def member(self, node: ast.Attribute, module: str) -> Any:
        if f"{module}.{node.attr}" in _MODULES:
            return _Module(f"{module}.{node.attr}")
        if (module, node.attr) == ("os", "getenv"):
            return self.environ.get
        if node.attr not in _MODULES[module]:
            raise self.fail(node, f"cannot read {module}.{node.attr}")
        return _MODULES[module][node.attr]

    def of_Subscript(self, node: ast.Subscript) -> Any:
        owner = self.value(node.value)
        owner = self.environ if owner is _ENVIRON else owner
        if isinstance(owner, _Named):
            return owner
        try:
            return owner[self.value(_index(node))]
        except (KeyError, IndexError, TypeError) as error:
            raise self.fail(node, f"cannot read this item: {error!r}") from None

    def of_Call(self, node: ast.Call) -> Any:
        function = self.value(node.func)
        args = [self.value(argument) for argument in node.args]
        keywords = {item.arg: self.value(item.value) for item in node.keywords if item.arg}
        if isinstance(function, _Named):
            values = [_plain(item) for item in args]
            named = {key: _plain(item) for key, item in keywords.items()}
            self.calls.append(Call(function.name.rsplit(".", 1)[-1], values, named))
            return _Named(function.name)
        if not callable(function):
            raise self.fail(node, "this cannot be called")
        args = [self.environ if item is _ENVIRON else item for item in args]
        try:
            result = function(*args, **keywords)
        except Exception as error:
            raise self.fail(node, f"this call failed: {error}") from None
        return list(result) if type(result).__name__ in ("dict_keys", "dict_items") else result


def _index(node: ast.Subscript) -> ast.expr:
    """The expression in the brackets: Python 3.8 wraps it."""
    inner: Any = node.slice
    return inner.value if type(inner).__name__ == "Index" else inner  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    return Value.UNKNOWN if isinstance(value, (_Named, _Module)) or callable(value) else value


def read_tac(
    path: str, environ: Optional[Dict[str, str]] = None
) -> Tuple[Dict[str, Any], List[Call]]:
    """The names that the file sets, and the calls it makes of what has no value here.

    A file may change the environment: `environ`, or else the process's own. Raises TacError.
    """
    try:
        with open(path, encoding="utf-8") as source:
            tree = ast.parse(source.read(), path)
    except SyntaxError as error:
        raise TacError(f"{path}:{error.lineno or 0}: syntax error: {error.msg}") from None
    except (OSError, ValueError) as error:
        raise TacError(f"cannot read {path}: {error}") from None
    reader = Reader(path, os.environ if environ is None else environ)  # type: ignore[arg-type]
    try:
        reader.run(tree.body)
    except RecursionError:
        raise TacError(f"{path}: expressions are nested too deeply") from None
    return {name: _plain(value) for name, value in reader.names.items()}, reader.calls
