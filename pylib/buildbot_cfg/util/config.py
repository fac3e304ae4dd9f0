# SPDX-License-Identifier: MIT
"""Objects that can be shown as plain data."""

from __future__ import annotations

from typing import Any


class ConfiguredMixin:
    """Shows what it is as a dict."""

    name: Any = None

    def getConfigDict(self) -> dict[str, Any]:
        """The name."""
        return {"name": self.name}
