# SPDX-License-Identifier: MIT
"""Secrets of HashiCorp Vault, by the Python package hvac."""

from __future__ import annotations

import asyncio
import importlib
from typing import Any

from buildbot_cfg._checks import check_type, shown, shown_as
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._tasks import started
from buildbot_cfg.secrets.providers.base import SecretProviderBase
from buildbot_cfg.worker.latent import needs


class VaultAuthenticator(metaclass=Declared):
    """How the master logs in at Vault; subclasses implement ``authenticate(client)``."""

    def authenticate(self, client: Any) -> Any:
        """Logs in."""
        raise NotImplementedError(f"{type(self).__name__} has no authenticate()")


class VaultAuthenticatorToken(VaultAuthenticator):
    """With a token.

    Args:
        token: the token.
    """

    def __init__(self, token: Any) -> None:
        self.token = token

    def authenticate(self, client: Any) -> None:
        """Logs in."""
        client.token = self.token


class VaultAuthenticatorApprole(VaultAuthenticator):
    """With a role of Vault's AppRole.

    Args:
        roleId: the role.
        secretId: its secret.
    """

    def __init__(self, roleId: Any, secretId: Any) -> None:
        self.roleId, self.secretId = roleId, secretId

    def authenticate(self, client: Any) -> None:
        """Logs in."""
        client.auth.approle.login(role_id=self.roleId, secret_id=self.secretId)


class HashiCorpVaultKvSecretProvider(SecretProviderBase):
    """Asks the key-value store of a Vault: secrets are called "path|key".

    Args:
        vault_server: address of Vault.
        authenticator: how to log in: VaultAuthenticatorToken or VaultAuthenticatorApprole.
        secrets_mount: where the store is; "secret" by default.
        api_version: of the store: 1 or 2.
        path_delimiter: one character between path and key.
        path_escape: the character before a delimiter that belongs to the path.
    """

    name = "SecretInVaultKv"

    def checkConfig(
        self,
        vault_server: str | None = None,
        authenticator: VaultAuthenticator | None = None,
        secrets_mount: str | None = None,
        api_version: int = 2,
        path_delimiter: str = "|",
        path_escape: str = "\\",
    ) -> Any:
        """Reports what is wrong with the arguments."""
        check_type(self.label, "vault_server", vault_server, str)
        check_type(self.label, "path_escape", path_escape, str)
        if not isinstance(path_delimiter, str) or len(path_delimiter) > 1:
            what = f'"path_delimiter" must be a single character, not {shown(path_delimiter)}'
            report(what, self.label)
        if not isinstance(authenticator, VaultAuthenticator):
            given = shown_as("authenticator", authenticator)
            what = f'"authenticator" must be a VaultAuthenticator, not {given}'
            report(what, self.label)
        if api_version not in (1, 2):
            report(f'"api_version" must be 1 or 2, not {shown(api_version)}', self.label)
        needs(self.label, "hvac")

    @started
    async def reconfigService(
        self,
        vault_server: str | None = None,
        authenticator: VaultAuthenticator | None = None,
        secrets_mount: str | None = None,
        api_version: int = 2,
        path_delimiter: str = "|",
        path_escape: str = "\\",
    ) -> None:
        """Takes over the arguments, and logs in."""
        self.vault_server, self.authenticator = vault_server, authenticator
        self.secrets_mount = secrets_mount or "secret"
        self.api_version = api_version
        self.path_delimiter, self.path_escape = path_delimiter, path_escape
        client = importlib.import_module("hvac").Client(self.vault_server)
        client.secrets.kv.default_kv_version = api_version
        self.client = client
        await asyncio.to_thread(self._log_in)

    def _log_in(self) -> None:
        assert self.authenticator is not None
        self.authenticator.authenticate(self.client)

    def _parts(self, entry: str) -> tuple[str, str]:
        path, key, escaped = "", None, False
        for index, character in enumerate(entry):
            if escaped:
                path, escaped = path + character, False
            elif self.path_escape and character == self.path_escape:
                escaped = True
            elif character == self.path_delimiter:
                key = entry[index + 1 :]
                break
            else:
                path += character
        if key is None:
            raise KeyError(f"there is no {self.path_delimiter!r} in the secret's name {entry!r}")
        return path, key

    def _read(self, path: str) -> Any:
        store = self.client.secrets.kv
        if self.api_version == 1:
            return store.v1.read_secret(path=path, mount_point=self.secrets_mount)["data"]
        answer = store.v2.read_secret_version(
            path=path, mount_point=self.secrets_mount, raise_on_deleted_version=True
        )
        return answer["data"]["data"]

    def _look_up(self, entry: str) -> Any:
        path, key = self._parts(entry)
        errors = importlib.import_module("hvac").exceptions
        if not self.client.is_authenticated():
            self._log_in()
        try:
            return self._read(path)[key]
        except errors.InvalidPath as error:
            raise KeyError(f"Vault has no secret {path!r}") from error

    @started
    async def get(self, entry: str) -> str | None:
        """The secret's text."""
        return await asyncio.to_thread(self._look_up, entry)
