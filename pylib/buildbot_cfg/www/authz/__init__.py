# SPDX-License-Identifier: MIT
"""Who may do what: ``c["www"]["authz"]``."""

from buildbot_cfg.www.authz.authz import Authz, Forbidden, fnmatchStrMatcher, reStrMatcher

__all__ = ["Authz", "Forbidden", "fnmatchStrMatcher", "reStrMatcher"]
