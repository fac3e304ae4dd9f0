# SPDX-License-Identifier: MIT
"""Checks out of Gerrit."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._tasks import promised
from buildbot_cfg.steps.source.git import Git


class Gerrit(Git):
    """Checks out of Gerrit: the patch set that an event or the property ``gerrit_change`` names.

    ``gerrit_change`` is "change/patch set", as a force scheduler's parameter gives it. Both count
    for the codebase of the event's project only.
    """

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out."""
        project = self.getProperty("event.change.project")
        if self.sourcestamp is None or self.sourcestamp.project == project:
            reference = self._reference()
            if reference is not None:
                self.updateSourceProperty("gerrit_branch", reference)
                branch = reference
        return int(await super().run_vc(branch, revision, patch))

    def _reference(self) -> Any:
        change, _, patch_set = (self.getProperty("gerrit_change") or "").partition("/")
        if change.isdecimal() and patch_set.isdecimal():
            return f"refs/changes/{int(change) % 100:02}/{int(change)}/{int(patch_set)}"
        return self.getProperty("event.patchSet.ref")
