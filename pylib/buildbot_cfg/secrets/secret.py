# SPDX-License-Identifier: MIT
"""A secret that was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecretDetails:
    """A value, its name, and the provider that has it."""

    source: str
    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.source} {self.key}"

    __repr__ = __str__
