# SPDX-License-Identifier: MIT
"""A worker for Kilnbot and Buildbot masters."""

__version__ = "0.1.0"
