# SPDX-License-Identifier: MIT
"""Warnings about old ways of writing a configuration."""

from __future__ import annotations

import warnings

__all__ = ["ConfigWarning", "DeprecatedApiWarning", "warn_deprecated"]


class ConfigWarning(Warning):
    """Something in a configuration is probably not meant."""


class DeprecatedApiWarning(Warning):
    """Something will be gone in a later version."""


def warn_deprecated(version: str, msg: str, stacklevel: int = 2) -> None:
    """Says that something is deprecated since a version."""
    text = f"[{version} and later] {msg}"
    warnings.warn(text, category=DeprecatedApiWarning, stacklevel=stacklevel + 1)
