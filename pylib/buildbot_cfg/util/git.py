# SPDX-License-Identifier: MIT
"""For whoever runs git."""

from __future__ import annotations

from buildbot_cfg.util._git_ssh import (
    GitMixin,
    check_ssh_config,
    ensureSshKeyNewline,
    escapeShellArgIfNeeded,
    getSshArgsForKeys,
    getSshCommand,
    getSshKnownHostsContents,
    getSshWrapperScriptContents,
    scp_style_to_url_syntax,
)
from buildbot_cfg.util._git_step import GitStepAuth, GitStepMixin

__all__ = [
    "GitMixin",
    "GitStepAuth",
    "GitStepMixin",
    "check_ssh_config",
    "ensureSshKeyNewline",
    "escapeShellArgIfNeeded",
    "getSshArgsForKeys",
    "getSshCommand",
    "getSshKnownHostsContents",
    "getSshWrapperScriptContents",
    "scp_style_to_url_syntax",
]
