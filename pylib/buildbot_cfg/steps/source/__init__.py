# SPDX-License-Identifier: MIT
"""Steps that check sources out."""

from buildbot_cfg.steps.source.base import Source

__all__ = ["Source"]
