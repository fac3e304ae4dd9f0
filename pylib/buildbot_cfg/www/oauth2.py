# SPDX-License-Identifier: MIT
"""Log-in by other web sites (OAuth 2)."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._errors import report
from buildbot_cfg.www.auth import AuthBase


class OAuth2Auth(AuthBase):
    """What all of them have in common.

    Args:
        clientId: of the application; may be a secret.
        clientSecret: of the application; may be a secret.
        autologin: log everybody in at once.
        ssl_verify: whether to check certificates.
    """

    name = "oauth2"
    faIcon = "fa-user"
    authUri: str | None = None
    tokenUri: str | None = None
    resourceEndpoint: str | None = None
    _call_goes_on = True

    def __init__(
        self,
        clientId: Any,
        clientSecret: Any,
        autologin: bool = False,
        ssl_verify: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.clientId, self.clientSecret = clientId, clientSecret
        self.autologin, self.ssl_verify = autologin, ssl_verify


class GoogleAuth(OAuth2Auth):
    """Log-in by Google."""

    name = "Google"
    faIcon = "fa-google-plus"
    resourceEndpoint = "https://www.googleapis.com/oauth2/v1"
    authUri = "https://accounts.google.com/o/oauth2/auth"
    tokenUri = "https://accounts.google.com/o/oauth2/token"


class GitHubAuth(OAuth2Auth):
    """Log-in by GitHub.

    Args:
        clientId: of the application; may be a secret.
        clientSecret: of the application; may be a secret.
        serverURL: of a GitHub Enterprise.
        autologin: log everybody in at once.
        apiVersion: 3 or 4.
        getTeamsMembership: ask for teams too; needs apiVersion 4.
        debug: log requests.
    """

    name = "GitHub"
    faIcon = "fa-github"
    authUri = "https://github.com/login/oauth/authorize"
    tokenUri = "https://github.com/login/oauth/access_token"
    resourceEndpoint = "https://api.github.com"

    def __init__(
        self,
        clientId: Any,
        clientSecret: Any,
        serverURL: str | None = None,
        autologin: bool = False,
        apiVersion: int = 3,
        getTeamsMembership: bool = False,
        debug: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(clientId, clientSecret, autologin, **kwargs)
        if apiVersion not in (3, 4):
            report(f'"apiVersion" must be 3 or 4, not {shown(apiVersion)}', "GitHubAuth")
        elif apiVersion == 3 and getTeamsMembership:
            report('"getTeamsMembership" needs "apiVersion" 4', "GitHubAuth")
        self.apiResourceEndpoint: str | None = None
        if serverURL is not None:
            serverURL = serverURL.rstrip("/")
            self.apiResourceEndpoint = f"{serverURL}/api/graphql"
            self.resourceEndpoint = f"{serverURL}/api/v3"
            self.authUri = f"{serverURL}/login/oauth/authorize"
            self.tokenUri = f"{serverURL}/login/oauth/access_token"
        self.serverURL = serverURL or self.resourceEndpoint
        self.apiVersion, self.getTeamsMembership = apiVersion, getTeamsMembership
        self.debug = debug


class GitLabAuth(OAuth2Auth):
    """Log-in by a GitLab.

    Args:
        instanceUri: address of the GitLab.
        clientId: of the application; may be a secret.
        clientSecret: of the application; may be a secret.
    """

    name = "GitLab"
    faIcon = "fa-git"

    def __init__(self, instanceUri: str, clientId: Any, clientSecret: Any, **kwargs: Any) -> None:
        super().__init__(clientId, clientSecret, **kwargs)
        uri = str(instanceUri).rstrip("/")
        self.authUri = f"{uri}/oauth/authorize"
        self.tokenUri = f"{uri}/oauth/token"
        self.resourceEndpoint = f"{uri}/api/v4"


class BitbucketAuth(OAuth2Auth):
    """Log-in by Bitbucket."""

    name = "Bitbucket"
    faIcon = "fa-bitbucket"
    authUri = "https://bitbucket.org/site/oauth2/authorize"
    tokenUri = "https://bitbucket.org/site/oauth2/access_token"
    resourceEndpoint = "https://api.bitbucket.org/2.0"
