# SPDX-License-Identifier: MIT
"""Questions that the core asks of user functions in schedulers and builders."""

from __future__ import annotations

import traceback
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg.changes.changes import Change
from buildbot_cfg.schedulers.timed import Timed
from buildbot_cfg.util import NotABranch

IGNORED, UNIMPORTANT, IMPORTANT = range(3)


async def classify(hooks: Any, change: dict[str, Any]) -> int:
    """How a scheduler sees a change: ignored, unimportant or important."""
    seen = Change.from_row(change)
    try:
        chosen = hooks.change_filter
        if chosen is not None and not await _watch.ask(chosen.filter_change, seen):
            return IGNORED
        if not _has_branch(hooks, seen):
            return IGNORED
        if hooks.fileIsImportant is None:
            return IMPORTANT
        important = await _watch.ask(hooks.fileIsImportant, seen)
    except Exception:
        text = traceback.format_exc()
        _bridge.log("error", f'scheduler "{hooks.name}" failed on change {seen.number}:\n{text}')
        return IGNORED
    return IMPORTANT if important else UNIMPORTANT


def _has_branch(hooks: Any, change: Change) -> bool:
    """Timed schedulers take a branch beside the filter."""
    return not isinstance(hooks, Timed) or hooks.branch in (NotABranch, change.branch)


async def collapse(hooks: Any, newer: dict[str, Any], older: dict[str, Any]) -> bool:
    """Whether the user's function wants the older request replaced; only True is a yes."""
    from buildbot_cfg._master import MASTER

    answer = await _watch.ask(hooks.function, MASTER, hooks.builder, newer, older)
    return answer is True
