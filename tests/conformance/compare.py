# SPDX-License-Identifier: MIT
"""Where two trees differ, path by path, and which of these differences are allowed."""

from __future__ import annotations

import difflib
import fnmatch
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from differences import ALLOWED, Allowed


@dataclass(frozen=True)
class Difference:
    path: str
    recorded: Any
    seen: Any

    def __str__(self) -> str:
        if is_lines(self.recorded) and is_lines(self.seen):
            lines = difflib.unified_diff(
                self.recorded, self.seen, "Buildbot", "ours", n=1, lineterm=""
            )
            return "\n    ".join([self.path, *lines])
        return (
            f"{self.path}\n    Buildbot: {shown(self.recorded)}\n    ours:     {shown(self.seen)}"
        )


class Missing:
    def __repr__(self) -> str:
        return "(nothing)"


MISSING = Missing()


def is_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def shown(value: Any) -> str:
    return repr(value) if value is MISSING else json.dumps(value, ensure_ascii=False)


def differences(recorded: Any, seen: Any, path: str = "") -> Iterator[Difference]:
    """Goes down equal containers, so that a difference names the smallest part that differs."""
    if isinstance(recorded, dict) and isinstance(seen, dict):
        for key in [*recorded, *(key for key in seen if key not in recorded)]:
            yield from differences(
                recorded.get(key, MISSING), seen.get(key, MISSING), f"{path}.{key}" if path else key
            )
    elif (
        isinstance(recorded, list)
        and isinstance(seen, list)
        and len(recorded) == len(seen)
        and not (is_lines(recorded) and is_lines(seen))
    ):
        for place, (old, new) in enumerate(zip(recorded, seen, strict=True)):
            yield from differences(old, new, f"{path}[{place}]")
    elif type(recorded) is not type(seen) or recorded != seen:
        yield Difference(path, recorded, seen)


def problems(scenario: str, recorded: Any, seen: Any) -> list[str]:
    """What is wrong with a scenario: unknown differences, and allowed ones that did not occur."""
    allowed = [entry for entry in ALLOWED if scenario in entry.scenarios]
    unused = set(allowed)
    wrong = []
    for difference in differences(recorded, seen):
        entry = next((entry for entry in allowed if covers(entry, difference)), None)
        if entry is None:
            wrong.append(str(difference))
        else:
            unused.discard(entry)
    return wrong + [f"allowed, but it is the same now: {entry.path}" for entry in unused]


def covers(entry: Allowed, difference: Difference) -> bool:
    return fnmatch.fnmatchcase(difference.path, entry.path.replace("[", "[[]"))
