# SPDX-License-Identifier: MIT
"""Questions that the web server asks of the user's own classes."""

from __future__ import annotations

from typing import Any

from buildbot_cfg.www import auth as auths
from buildbot_cfg.www.authz.authz import Forbidden


async def check_login(auth: Any, username: str, password: str) -> bool:
    """Whether the password is the user's."""
    return bool(await auth._check(username, password))


async def user_info(auth: Any, username: str) -> dict[str, Any]:
    """What is known of a user who has logged in."""
    return await auths.user_info(auth, username)


async def check_allowed(
    authz: Any, path: list[str], action: str, params: dict[str, Any], user: dict[str, Any]
) -> str | None:
    """None when the user may do it, else why not."""
    try:
        await authz.assertUserAllowed(tuple(path), action, params, user)
    except Forbidden as refusal:
        return str(refusal)
    return None
