# SPDX-License-Identifier: MIT
"""Users that people enter by hand."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg._where import user_frame


class CommandlineUserManager(metaclass=Declared):
    """Takes users from ``buildbot user``; an entry of ``c["user_managers"]``.

    Args:
        username: who may enter them; required.
        passwd: the password; required.
        port: where it listens; required.
    """

    def __init__(
        self, username: str | None = None, passwd: Any = None, port: int | str | None = None
    ) -> None:
        self.location = user_frame()
        for key, value in (("username", username), ("passwd", passwd), ("port", port)):
            if not value:
                report(f'argument "{key}" is missing', "CommandlineUserManager")
        self.username, self.passwd, self.port = username, passwd, port
