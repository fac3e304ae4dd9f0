# SPDX-License-Identifier: MIT
"""Properties of changes from pull requests."""

from __future__ import annotations

import fnmatch
from typing import Any


class PullRequestMixin:
    """Chooses what of a pull request's description becomes properties of the change."""

    #: What the names of properties begin with.
    property_basename = "pullrequest"
    external_property_whitelist: list[str] = []

    def extractProperties(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The entries whose dotted names match the list of patterns."""

        def flat(name: str, value: Any) -> dict[str, Any]:
            if not isinstance(value, dict):
                wanted = any(
                    fnmatch.fnmatch(name, pattern) for pattern in self.external_property_whitelist
                )
                return {name: value} if wanted else {}
            found = {}
            for key, item in value.items():
                found.update(flat(f"{name}.{key}", item))
            return found

        return flat(self.property_basename, payload)
