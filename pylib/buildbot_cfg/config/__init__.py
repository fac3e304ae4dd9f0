# SPDX-License-Identifier: MIT
"""Errors of a configuration, and the builders' configuration."""

from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.config.errors import ConfigErrors, error

__all__ = ["BuilderConfig", "ConfigErrors", "error"]
