# SPDX-License-Identifier: MIT
"""A Python prompt inside of the running master: ``c["manhole"]``."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._where import user_frame
from buildbot_cfg.util import ComparableMixin


class BaseManhole(ComparableMixin, metaclass=Declared):
    """What all of them have in common."""

    def _take_port(self, port: int | str) -> None:
        self.location = user_frame()
        self.port = f"tcp:{port}" if isinstance(port, int) else port

    def _take_keys(self, ssh_hostkey_dir: Any) -> None:
        if not ssh_hostkey_dir:
            report('"ssh_hostkey_dir" is required', type(self).__name__)
        self.ssh_hostkey_dir = ssh_hostkey_dir


class TelnetManhole(BaseManhole):
    """A prompt by telnet.

    Args:
        port: where it listens.
        username: who may use it.
        password: may be a secret.
    """

    compare_attrs = ("port", "username", "password")

    def __init__(self, port: int | str, username: Any, password: Any) -> None:
        self._take_port(port)
        self.username, self.password = username, password


class PasswordManhole(BaseManhole):
    """A prompt by ssh, with a password.

    Args:
        port: where it listens.
        username: who may use it.
        password: may be a secret.
        ssh_hostkey_dir: folder with the master's keys.
    """

    compare_attrs = ("port", "username", "password", "ssh_hostkey_dir")

    def __init__(self, port: int | str, username: Any, password: Any, ssh_hostkey_dir: str) -> None:
        self._take_port(port)
        self._take_keys(ssh_hostkey_dir)
        self.username, self.password = username, password


class AuthorizedKeysManhole(BaseManhole):
    """A prompt by ssh, with keys.

    Args:
        port: where it listens.
        keyfile: a file in the format of authorized_keys.
        ssh_hostkey_dir: folder with the master's keys.
    """

    compare_attrs = ("port", "keyfile", "ssh_hostkey_dir")

    def __init__(self, port: int | str, keyfile: str, ssh_hostkey_dir: str) -> None:
        self._take_port(port)
        self._take_keys(ssh_hostkey_dir)
        self.keyfile = keyfile
