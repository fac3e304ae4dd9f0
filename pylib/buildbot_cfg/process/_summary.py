# SPDX-License-Identifier: MIT
"""The texts that are shown of a step."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.process.results import (
    ALL_RESULTS,
    CANCELLED,
    EXCEPTION,
    FAILURE,
    RETRY,
    SUCCESS,
    WARNINGS,
    statusToString,
)


class ClassPolicy:
    """The policy of steps that say nothing about it: a list, made when it is asked for."""

    def __get__(self, step: Any, owner: Any) -> Any:
        if step is None:
            return self
        chosen = step.__dict__["updateBuildSummaryPolicy"] = policy(owner, self)
        return chosen


def policy(step: Any, given: Any) -> list[int]:
    """Results with which the step's text goes into the build's.

    Args:
        step: the step, or a class for the steps that set none of its flags.
        given: True, False, a list of results; None or a ClassPolicy: the flags say it.
    """
    if given is None or type(given) is ClassPolicy:
        chosen = [EXCEPTION, RETRY, CANCELLED]
        if step.haltOnFailure or step.flunkOnFailure or step.warnOnFailure:
            chosen.append(FAILURE)
        if step.warnOnWarnings or step.flunkOnWarnings:
            chosen.append(WARNINGS)
        return chosen
    if given is True:
        return list(ALL_RESULTS)
    if given is False:
        return []
    if not isinstance(given, list):
        what = '"updateBuildSummaryPolicy" must be a list of results or True or False'
        report(f"{what}, not {shown(given)}", type(step).__name__)
        return []
    return list(given)


def joined(text: Any) -> str:
    """A description (string, list of strings or None) as one string."""
    if not text:
        return ""
    return text if isinstance(text, str) else " ".join(str(part) for part in text)


def with_suffix(step: Any, text: str) -> str:
    """The text and the step's descriptionSuffix."""
    suffix = joined(step.descriptionSuffix)
    return f"{text} {suffix}" if suffix else text


def current(step: Any) -> str:
    """What the step is doing."""
    told = step.description is not None
    return with_suffix(step, joined(step.description)) if told else "running"


def final(step: Any) -> str:
    """What the step has done, and how it ended."""
    done = step.description if step.descriptionDone is None else step.descriptionDone
    return outcome(step, "finished" if done is None else with_suffix(step, joined(done)))


def outcome(step: Any, text: str) -> str:
    """The text with the result, unless it is success."""
    if step.results != SUCCESS:
        text += f" ({statusToString(step.results)})"
        if step.timed_out:
            text += " (timed out)"
        elif step.max_lines_reached:
            text += " (max lines)"
    return text


def command_text(command: Any) -> str | None:
    """The first words of a command in quotes; None when there is none."""
    if not command:
        return None
    words = command.split() if isinstance(command, str) else _flat(command)
    words = [word for word in words if word]
    if not words:
        return None
    if len(words) < 3:
        return f"'{' '.join(words)}'"
    return f"'{words[0]} {words[1]} ...'"


def _flat(command: Any) -> list[str]:
    if isinstance(command, tuple) and len(command) == 3 and command[0] == "obfuscated":
        return [str(command[2])]
    if isinstance(command, (list, tuple)):
        return [word for part in command for word in _flat(part)]
    return [command.decode("utf-8", "replace") if isinstance(command, bytes) else str(command)]
