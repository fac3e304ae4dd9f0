# SPDX-License-Identifier: MIT
"""The old place of ChangeFilter."""

from buildbot_cfg.changes.filter import ChangeFilter

__all__ = ["ChangeFilter"]
