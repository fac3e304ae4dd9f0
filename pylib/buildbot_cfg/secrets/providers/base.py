# SPDX-License-Identifier: MIT
"""The base of secret providers."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import Declared, check_service, quoted
from buildbot_cfg._tasks import awaited
from buildbot_cfg._where import Location, user_frame


class SecretProviderBase(metaclass=Declared):
    """Gives secrets by name; an entry of ``c["secretsProviders"]``.

    Subclasses implement ``get(entry)``, which may be async. Arguments go to ``checkConfig``, which
    reports errors while the file is read, and to ``reconfigService`` when the configuration begins
    to be used; both may be left out.

    Example:
        >>> class Environment(SecretProviderBase):
        ...     def get(self, entry):
        ...         import os
        ...         return os.environ.get(entry)
        >>> Environment().get("NO_SUCH_VARIABLE") is None
        True
    """

    name: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if "name" in kwargs:
            self.name = kwargs.pop("name")
        self._args, self._kwargs = args, kwargs
        self.label = quoted("secret provider", self.name or type(self).__name__)
        #: Where the user's file makes it.
        self.location: Location = user_frame()
        check_service(self, args, kwargs)

    @property
    def master(self) -> Any:
        """The running master."""
        from buildbot_cfg._master import MASTER

        return MASTER

    def checkConfig(self, *args: Any, **kwargs: Any) -> None:
        """Reports what is wrong with the arguments."""

    def reconfigService(self, *args: Any, **kwargs: Any) -> Any:
        """Takes over the arguments; may be async."""

    def get(self, entry: str) -> Any:
        """The secret's text; None when the provider does not have it. May be async."""
        raise NotImplementedError(f"{type(self).__name__} has no get()")

    def is_same_as(self, other: SecretProviderBase) -> bool:
        """Whether the other one was made in the same way."""
        mine = (type(self), self.name, self._args, self._kwargs)
        return mine == (type(other), other.name, other._args, other._kwargs)

    async def configure(self) -> None:
        """Begins to be used."""
        await awaited(self.reconfigService(*self._args, **self._kwargs))
