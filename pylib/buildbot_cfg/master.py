# SPDX-License-Identifier: MIT
"""The running master."""

from buildbot_cfg._master import Master as BuildMaster

__all__ = ["BuildMaster"]
