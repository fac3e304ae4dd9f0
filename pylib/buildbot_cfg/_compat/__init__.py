# SPDX-License-Identifier: MIT
"""Private names of Buildbot's classes that public configurations override or call, by class."""
