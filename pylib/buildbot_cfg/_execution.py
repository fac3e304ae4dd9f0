# SPDX-License-Identifier: MIT
"""Runs the statements of a configuration file, also those behind one that fails.

So that all errors are told at once. What only follows from a failure is not told: names that were
not bound, keys that were not set. A file that says itself that it cannot go on (raise, assert,
sys.exit) is not run further.
"""

from __future__ import annotations
import __future__

import ast
import linecache
from collections.abc import Callable
from types import CodeType
from typing import Any

from buildbot_cfg._where import user_line

#: More failures than that help nobody.
_MOST = 50
_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag


class Execution:
    """One run of a file.

    Args:
        tree: the file.
        path: of the file.
        namespace: its globals.
    """

    def __init__(self, tree: ast.Module, path: str, namespace: dict[str, Any]) -> None:
        self._tree, self._path, self._namespace = tree, path, namespace
        #: Names and keys that failed statements would have set.
        self._lacking: set[Any] = set()

    def run(self, told: Callable[[Exception], None]) -> bool:
        """Runs everything; whether nothing failed.

        Args:
            told: is given each failure that does not follow from another one.

        Raises:
            BaseException: what ends the file.
        """
        code: CodeType = compile(self._tree, self._path, "exec", dont_inherit=True)
        flags = code.co_flags & _FUTURE
        for failures in range(_MOST):
            try:
                exec(code, self._namespace)
                return not failures
            except Exception as error:
                failed = self._failed_at(error)
                if failed is None or _is_last_word(error):
                    raise
                if not self._follows(error):
                    told(error)
                self._note_lacking(self._tree.body[failed])
                rest = ast.Module(self._tree.body[failed + 1 :], [])
                code = compile(rest, self._path, "exec", flags, dont_inherit=True)
        return False

    def _failed_at(self, error: Exception) -> int | None:
        """Which statement of the file was running."""
        traceback = error.__traceback__
        while traceback is not None:
            frame = traceback.tb_frame
            if frame.f_globals is self._namespace and frame.f_code.co_name == "<module>":
                line = traceback.tb_lineno
                for index, node in enumerate(self._tree.body):
                    if _first_line(node) <= line <= (node.end_lineno or node.lineno):
                        return index
            traceback = traceback.tb_next
        return None

    def _follows(self, error: Exception) -> bool:
        if isinstance(error, NameError):
            return error.name in self._lacking
        return isinstance(error, KeyError) and bool(error.args) and error.args[0] in self._lacking

    def _note_lacking(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names = [node.id]
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names = [node.name]
            else:
                names = []
            self._lacking.update(name for name in names if name not in self._namespace)
            stores = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
            if stores and isinstance(key := getattr(node, "slice", None), ast.Constant):
                self._lacking.add(key.value)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _is_last_word(error: Exception) -> bool:
    """Whether the file itself gave up, or going on makes no sense."""
    if isinstance(error, (MemoryError, RecursionError, SyntaxError)):
        return True
    file, line = user_line(error.__traceback__)
    return linecache.getline(file, line).lstrip().startswith(("raise", "assert"))
