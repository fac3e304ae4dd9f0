# SPDX-License-Identifier: MIT
"""Looks for secrets in all providers."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._tasks import awaited, started
from buildbot_cfg.secrets.secret import SecretDetails


class SecretManager:
    """``await master.secrets.get(name)``: asks the providers in order."""

    def __init__(self) -> None:
        self.services: list[Any] = []

    async def configure(self, providers: list[Any]) -> list[tuple[Any, Exception]]:
        """Uses these providers from now on; returns those that could not be set up, and why."""
        wanted, failed = [], []
        for provider in providers:
            kept = next((known for known in self.services if known.is_same_as(provider)), provider)
            try:
                # Also a kept one looks again: its files may have changed.
                await kept.configure()
                wanted.append(kept)
            except Exception as error:
                failed.append((provider, error))
        self.services = wanted
        return failed

    @started
    async def get(self, secret: str, *args: Any, **kwargs: Any) -> SecretDetails | None:
        """The secret; None when no provider has it."""
        for provider in self.services:
            value = await awaited(provider.get(secret))
            if value is not None:
                source = provider.name or type(provider).__name__
                return SecretDetails(
                    source, secret, value if isinstance(value, str) else str(value)
                )
        return None
