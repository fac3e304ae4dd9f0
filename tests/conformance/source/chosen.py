# SPDX-License-Identifier: MIT
"""Where our source steps do something else than Buildbot's, and why."""

from __future__ import annotations

import fnmatch

_NO_TREE = "Buildbot cleans and updates a tree that is not there, and fails; ours checks out."
_OTHER_PLACE = (
    "The copy goes into the step's directory and is asked for its revision, whatever that is."
)

_NOT_THERE = (
    "A clone whose revision cannot be checked out is a failure; Buildbot goes on with another one."
)
_DARCS = (
    "darcs makes no directory that is there already, and reads its context where it runs: Buildbot's "
    "first checkout fails with a real darcs."
)

DIFFERENT: dict[str, str] = {
    **{
        f"Bzr {method} {state}*": _NO_TREE
        for method in ("full", "clean", "fresh")
        for state in ("new", "other")
    },
    "Git no checkout -f new*revision": _NOT_THERE,
    "Git no checkout -f again*clobberOnFailure=True revision": _NOT_THERE,
    f"Git says {'0' * 64}": "Repositories with SHA-256 have revisions of 64 digits.",
    "Gerrit * small": "Changes below ten are refs/changes/07/7/2; Buildbot has a blank for the nought.",
    "Bzr copy *": _OTHER_PLACE,
    **{
        f"Darcs {method} {state}*": _DARCS
        for method in ("incremental", "full", "copy")
        for state in ("new", "other")
    },
    "Darcs * revision": _DARCS,
    "Monotone no update again*": "An update that fails is a failure.",
    **dict.fromkeys(
        (f"Repo no {what} again" for what in ("repo init", "repo sync", "repo manifest", "wget")),
        "Ours does not look again whether the tree that it is about to delete is there.",
    ),
    "Darcs no get new*": _DARCS,
    "Darcs no pull new*": _DARCS,
}


def differs(case: str) -> bool:
    """Whether the case is known to differ."""
    return any(fnmatch.fnmatchcase(case, pattern) for pattern in DIFFERENT)
