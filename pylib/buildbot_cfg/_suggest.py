# SPDX-License-Identifier: MIT
"""Did-you-mean texts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Spellings of older Buildbot versions, with what they are called today.
_RENAMED = {
    "slavename": "workername",
    "slavenames": "workernames",
    "slavebuilddir": "workerbuilddir",
    "slavesrc": "workersrc",
    "slavedest": "workerdest",
    "slaves": "workers",
    "slavePortnum": "protocols",
    "category": "tags",
    "projectName": "title",
    "projectURL": "titleURL",
    "mergeRequests": "collapseRequests",
    "pollinterval": "pollInterval",
    "status": "services",
}


def did_you_mean(wrong: str, known: Iterable[object]) -> str:
    """Text `` (did you mean "x"?)`` to append to a message, or the empty string."""
    names = [name for name in known if isinstance(name, str)]
    if (renamed := _RENAMED.get(wrong)) in names:
        return f' (did you mean "{renamed}"?)'
    lowered = {name.lower(): name for name in reversed(names)}
    cutoff = 0.6 if len(wrong) > 3 else 0.5
    close = difflib.get_close_matches(wrong.lower(), lowered, n=1, cutoff=cutoff)
    return f' (did you mean "{lowered[close[0]]}"?)' if close else ""
