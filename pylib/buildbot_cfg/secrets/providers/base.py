# SPDX-License-Identifier: MIT
"""The base of secret providers."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import quoted
from buildbot_cfg._tasks import awaited
from buildbot_cfg.util.service import BuildbotService


class SecretProviderBase(BuildbotService):
    """Gives secrets by name; an entry of ``c["secretsProviders"]``.

    Subclasses implement ``get(entry)``, which may be async. Arguments go to ``checkConfig``, which
    reports errors while the file is read, and to ``reconfigService`` when the configuration begins
    to be used; both may be left out.

    Example:
        >>> class Environment(SecretProviderBase):
        ...     name = "environment"
        ...     def get(self, entry):
        ...         import os
        ...         return os.environ.get(entry)
        >>> Environment().get("NO_SUCH_VARIABLE") is None
        True
    """

    @property
    def label(self) -> str:
        """How messages call it."""
        return quoted("secret provider", self.name or type(self).__name__)

    def _default_name(self) -> str:
        return type(self).__name__

    def get(self, entry: str) -> Any:
        """The secret's text; None when the provider does not have it. May be async."""
        raise NotImplementedError(f"{type(self).__name__} has no get()")

    async def configure(self) -> None:
        """Begins to be used, or looks again."""
        self.configured = False
        await awaited(self.configureService())
