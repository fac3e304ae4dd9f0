# SPDX-License-Identifier: MIT
"""Parts of the addresses of git repositories."""

from __future__ import annotations

import re
from typing import NamedTuple

_URL = re.compile(
    r"^(?P<proto>https?|git|ssh|git\+ssh)://(?:(?P<user>[^:@/]+)(?::(?P<password>[^@]*))?@)?"
    r"(?P<domain>[^/:@]+)(?::(?P<port>\d+))?/(?:(?P<owner>.+)/)?(?P<repo>[^/]+?)(?:\.git)?$"
)
_SCP = re.compile(
    r"^(?:(?P<user>[^:@/]+)(?::(?P<password>[^@]*))?@)?(?P<domain>[^/:@]+):"
    r"(?:(?P<owner>.+)/)?(?P<repo>[^/]+?)(?:\.git)?$"
)


class GitUrl(NamedTuple):
    """The parts; None where there is none."""

    proto: str
    user: str | None
    password: str | None
    domain: str
    port: int | None
    owner: str | None
    repo: str


def giturlparse(url: str) -> GitUrl | None:
    """The parts of an address; None when it is not one.

    Example:
        >>> giturlparse("git@example.org:team/app.git").owner
        'team'
    """
    found = _URL.match(url)
    if found is not None:
        port = found["port"]
        return GitUrl(
            found["proto"], found["user"], found["password"], found["domain"],
            None if port is None else int(port), found["owner"], found["repo"],
        )  # fmt: skip
    found = _SCP.match(url)
    if found is None:
        return None
    return GitUrl(
        "ssh", found["user"], found["password"], found["domain"], None, found["owner"],
        found["repo"],
    )  # fmt: skip
