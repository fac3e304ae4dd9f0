# SPDX-License-Identifier: MIT
"""An observer that steps of packages may use."""

from __future__ import annotations

from buildbot_cfg.process.logobserver import LogLineObserver

__all__ = ["WEObserver"]


class WEObserver(LogLineObserver):
    """Keeps the lines that begin with ``W:``, ``warning:``, ``E:`` or ``error:``."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def outLineReceived(self, line: str) -> None:
        """Keeps it."""
        if line.startswith(("W: ", "warning: ")):
            self.warnings.append(line)
        elif line.startswith(("E: ", "error: ")):
            self.errors.append(line)
