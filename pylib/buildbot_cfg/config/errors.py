# SPDX-License-Identifier: MIT
"""Errors of a configuration."""

from buildbot_cfg._errors import ConfigErrors, error

__all__ = ["ConfigErrors", "error"]
