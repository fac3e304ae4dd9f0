# SPDX-License-Identifier: MIT
"""Checks out of GitLab."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._tasks import promised
from buildbot_cfg.steps.source.git import Git


class GitLab(Git):
    """Checks out of GitLab: of a merge request the branch that is to be merged.

    GitLab's hook gives the build the properties ``source_branch``, ``source_git_ssh_url`` and
    their like with ``target``.
    """

    @promised
    async def run_vc(self, branch: Any, revision: Any, patch: Any) -> int:
        """Checks out; of a merge request the newest of the branch in its own repository."""
        needed = ("source_branch", "source_git_ssh_url", "target_branch", "target_git_ssh_url")
        if all(self.build.hasProperty(name) for name in needed):
            self.repourl = self.getProperty("source_git_ssh_url")
            branch, revision = self.getProperty("source_branch"), None
        return int(await super().run_vc(branch, revision, patch))
