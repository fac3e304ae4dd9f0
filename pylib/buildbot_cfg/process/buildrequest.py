# SPDX-License-Identifier: MIT
"""Requests of running builds."""

from buildbot_cfg.process._sourcestamp import RequestOfBuild as BuildRequest

__all__ = ["BuildRequest"]
