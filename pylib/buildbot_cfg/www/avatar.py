# SPDX-License-Identifier: MIT
"""Pictures of people: ``c["www"]["avatar_methods"]``."""

from __future__ import annotations

import base64
from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg.util.config import ConfiguredMixin


class AvatarBase(ConfiguredMixin, metaclass=Declared):
    """Finds a person's picture; subclasses implement ``getUserAvatar``."""

    name = "noavatar"

    def getUserAvatar(self, email: str, username: str, size: int, defaultAvatarUrl: str) -> Any:
        """The picture as (bytes, type), or raises buildbot.www.resource.Redirect."""
        raise NotImplementedError(f"{type(self).__name__} has no getUserAvatar()")


class AvatarGravatar(AvatarBase):
    """Pictures from gravatar.com."""

    name = "gravatar"
    default = "retro"


class AvatarGitHub(AvatarBase):
    """Pictures from GitHub.

    Args:
        github_api_endpoint: address of the API.
        token: for more requests an hour; may be a secret.
        client_id: with client_secret, another way to that; may be secrets.
        client_secret: see client_id.
        debug: log requests.
        verify: whether to check certificates.
    """

    name = "github"
    DEFAULT_GITHUB_API_URL = "https://api.github.com"

    def __init__(
        self,
        github_api_endpoint: str | None = None,
        token: Any = None,
        client_id: Any = None,
        client_secret: Any = None,
        debug: bool = False,
        verify: bool = True,
    ) -> None:
        self.github_api_endpoint = github_api_endpoint or self.DEFAULT_GITHUB_API_URL
        self.token, self.debug, self.verify = token, debug, verify
        self.client_creds: str | None = None
        if bool(client_id) != bool(client_secret):
            report('"client_id" and "client_secret" go together', "AvatarGitHub")
        elif client_id and token:
            report('"token" and "client_id", "client_secret" exclude each other', "AvatarGitHub")
        elif isinstance(client_id, str) and isinstance(client_secret, str):
            pair = f"{client_id}:{client_secret}".encode()
            self.client_creds = base64.b64encode(pair).decode("ascii")
