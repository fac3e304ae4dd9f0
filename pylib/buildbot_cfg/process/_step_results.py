# SPDX-License-Identifier: MIT
"""Test results and data that a running step gives to its build."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from buildbot_cfg import _bridge

#: A set's results go to the engine in parts of this many.
_PART = 1000

Result = tuple[str, "str | None", "str | None", "int | None", "int | None"]


@dataclass
class _Set:
    category: str
    waiting: list[Result] = field(default_factory=list)
    passed: int = 0
    failed: int = 0

    def count(self, value: str) -> None:
        if self.category == "pass_only":
            self.passed += 1
        elif self.category in ("fail_only", "code_issue"):
            self.failed += 1
        elif self.category == "pass_fail":
            try:
                passed = bool(int(value))
            except ValueError:  # a value that says neither
                return
            self.passed += passed
            self.failed += not passed

    def totals(self) -> tuple[int | None, int | None]:
        """Passed and failed, where the category says what is which."""
        if self.category in ("pass_fail", "pass_only", "fail_only", "code_issue"):
            return self.passed, self.failed
        return None, None


class StepResults:
    """Test results and data that a running step gives to its build.

    Args:
        handle: the engine's side of the step.
    """

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self._sets: dict[int, _Set] = {}

    async def add_set(self, description: Any, category: Any, unit: Any) -> int:
        """The id of a new set.

        Raises:
            TypeError: it has no category or no unit.
        """
        if category is None or unit is None:
            raise TypeError("a set of test results needs category and value_unit")
        told = None if description is None else str(description)
        setid = int(await self._handle.add_test_result_set(told, str(category), str(unit)))
        self._sets[setid] = _Set(str(category))
        return setid

    def add(
        self,
        setid: int,
        value: str,
        test_name: str | None,
        test_code_path: str | None,
        line: int | None,
        duration_ns: int | None,
    ) -> None:
        """One result.

        Raises:
            TypeError: a part is not of its type.
            KeyError: the step has no such set.
        """
        results = self._sets[setid]
        _check("value", value, str, "a string")
        for name, text in (("test_name", test_name), ("test_code_path", test_code_path)):
            _check(name, text, (str, type(None)), "a string")
        for name, number in (("line", line), ("duration_ns", duration_ns)):
            _check(name, number, (int, type(None)), "an integer")
        if test_name is None and test_code_path is None:
            what = "a test result without test_name and test_code_path is not stored"
            _bridge.log("warning", what)
            return
        results.waiting.append((value, test_name, test_code_path, line, duration_ns))
        results.count(value)
        if len(results.waiting) >= _PART:
            self._send(setid, results)

    def _send(self, setid: int, results: _Set) -> None:
        if results.waiting:
            self._handle.add_test_results(setid, results.waiting)
            results.waiting = []

    async def finish(self) -> None:
        """The step is over: its sets are complete."""
        sets, self._sets = self._sets, {}
        for setid, results in sets.items():
            self._send(setid, results)
            await self._handle.complete_test_result_set(setid, *results.totals())

    async def set_build_data(self, name: Any, value: Any, source: Any) -> None:
        """Bytes under a name.

        Raises:
            TypeError: the value is not made of bytes, or there is no name or source.
        """
        if name is None or source is None:
            raise TypeError("data of a build needs a name and a source")
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise TypeError(f"the value of data of a build must be bytes, not {value!r:.50}")
        await self._handle.set_build_data(str(name), bytes(value), str(source))


def _check(name: str, value: Any, kinds: Any, wanted: str) -> None:
    if not isinstance(value, kinds):
        raise TypeError(f"{name} must be {wanted}")
