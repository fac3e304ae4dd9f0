# SPDX-License-Identifier: MIT
"""The old place of BuildRequest."""

from buildbot_cfg.process.buildrequest import BuildRequest

__all__ = ["BuildRequest"]
