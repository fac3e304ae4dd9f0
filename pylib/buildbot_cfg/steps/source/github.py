# SPDX-License-Identifier: MIT
"""Checks out of GitHub."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._tasks import promised
from buildbot_cfg.steps.source.git import Git


class GitHub(Git):
    """Checks out of GitHub: of a pull request its merge as it is now.

    GitHub makes the merge commit anew whenever the branch that it goes to moves on, so that the
    revision of a change on ``refs/pull/N/merge`` may be gone.
    """

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out; without the revision when the branch is a merge."""
        if branch and branch.endswith("/merge"):
            revision = None
        return int(await super().run_vc(branch, revision, patch))
