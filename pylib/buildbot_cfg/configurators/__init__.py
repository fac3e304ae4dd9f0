# SPDX-License-Identifier: MIT
"""What completes a configuration: entries of ``c["configurators"]``."""

from __future__ import annotations

from typing import Any

__all__ = ["ConfiguratorBase"]


class ConfiguratorBase:
    """Adds builders, schedulers, workers ... to a configuration; override ``configure``."""

    def configure(self, config_dict: dict[str, Any]) -> None:
        """Completes the dict: all lists that one adds to exist afterwards."""
        self.config_dict = c = config_dict
        for key in ("schedulers", "builders", "workers", "projects", "secretsProviders"):
            c.setdefault(key, [])
        for key in ("protocols", "www"):
            c.setdefault(key, {})
        self.schedulers, self.builders = c["schedulers"], c["builders"]
        self.workers, self.projects = c["workers"], c["projects"]
        self.secretsProviders = c["secretsProviders"]
        self.protocols, self.www = c["protocols"], c["www"]
