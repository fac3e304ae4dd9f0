# SPDX-License-Identifier: MIT
"""The known differences from Buildbot 4.3, each with the reason why it stays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    scenarios: tuple[str, ...]
    path: str  # of the difference, as it is printed; * stands for any text
    reason: str


ALLOWED: tuple[Allowed, ...] = ()
