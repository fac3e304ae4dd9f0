# SPDX-License-Identifier: MIT
"""A step that checks packages of RPM."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.steps.shell import Test

__all__ = ["RpmLint"]


class RpmLint(Test):
    """Runs rpmlint.

    Args:
        fileloc: the spec file, the package or a directory of them.
        config: rpmlint's configuration.

    Example:
        >>> RpmLint(fileloc="hello.spec").name
        'rpmlint'
    """

    name = "rpmlint"
    description = ["Checking for RPM/SPEC issues"]
    descriptionDone = ["Finished checking RPM/SPEC issues"]
    fileloc = "."
    config: Any = None

    def __init__(self, fileloc: Any = None, config: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if fileloc:
            self.fileloc = fileloc
        if config:
            self.config = config
        options = ["-f", self.config] if self.config else []
        self.command = ["rpmlint", "-i", *options, self.fileloc]

    async def createSummary(self) -> None:
        """The output is all there is to see."""
