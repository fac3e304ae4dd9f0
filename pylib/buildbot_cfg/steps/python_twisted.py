# SPDX-License-Identifier: MIT
"""Steps for projects in Python."""

from __future__ import annotations

from buildbot_cfg.steps.shell import ShellCommand

__all__ = ["RemovePYCs"]


class RemovePYCs(ShellCommand):
    """Deletes compiled Python files (``*.pyc``) below the step's directory."""

    name = "remove_pyc"
    description = "removing .pyc files"
    descriptionDone = "remove .pycs"
    command = ["find", ".", "-name", "*.pyc", "-exec", "rm", "{}", ";"]
