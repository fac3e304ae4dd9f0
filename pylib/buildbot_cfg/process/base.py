# SPDX-License-Identifier: MIT
"""The old place of Build."""

from buildbot_cfg.process.build import Build

__all__ = ["Build"]
