# SPDX-License-Identifier: MIT
"""Result codes of steps and builds, and how they combine."""

from __future__ import annotations

from typing import Any

SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED = range(7)

ALL_RESULTS = list(range(7))
Results = ["success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"]
MultipleResults = [
    "successes", "warnings", "failures", "skipped", "exceptions", "retries", "cancelled",
]  # fmt: skip

_FROM_WORST = (CANCELLED, RETRY, EXCEPTION, FAILURE, WARNINGS, SUCCESS, SKIPPED)


def statusToString(status: int | None, count: int = 1) -> str:
    """The word for a result; plural when ``count`` is above one.

    Example:
        >>> statusToString(FAILURE)
        'failure'
    """
    if status is None:
        return "not finished"
    if not 0 <= status < len(Results):
        return "Invalid status"
    return MultipleResults[status] if count > 1 else Results[status]


def worst_status(a: int | None, b: int | None) -> int | None:
    """The worse of two results; ``None`` when neither is one."""
    return next((status for status in _FROM_WORST if status in (a, b)), None)


def computeResultAndTermination(
    obj: Any, result: int, previousResult: int | None
) -> tuple[int | None, bool]:
    """How a step's result counts in its build.

    Args:
        obj: has the five flags ``haltOnFailure``, ``flunkOnFailure`` ...
        result: of the step.
        previousResult: of the build so far.

    Returns:
        The build's new result, and whether the build ends here.
    """
    counted, ends = result, False
    if result == FAILURE:
        counted = SUCCESS
        if obj.warnOnFailure:
            counted = WARNINGS
        if obj.flunkOnFailure:
            counted = FAILURE
        ends = bool(obj.haltOnFailure)
    elif result == WARNINGS:
        counted = SUCCESS
        if obj.warnOnWarnings:
            counted = WARNINGS
        if obj.flunkOnWarnings:
            counted = FAILURE
    elif result in (EXCEPTION, RETRY, CANCELLED):
        ends = True
    return worst_status(previousResult, counted), ends


#: The flags in the order in which the engine takes them.
FLAGS = ("haltOnFailure", "flunkOnFailure", "flunkOnWarnings", "warnOnFailure", "warnOnWarnings")


class ResultComputingConfigMixin:
    """The five flags that say how a result counts in what contains it."""

    haltOnFailure: bool = False
    flunkOnWarnings: bool = False
    flunkOnFailure: bool = True
    warnOnWarnings: bool = False
    warnOnFailure: bool = False

    resultConfig = [
        "haltOnFailure", "flunkOnWarnings", "flunkOnFailure", "warnOnWarnings", "warnOnFailure",
    ]  # fmt: skip
