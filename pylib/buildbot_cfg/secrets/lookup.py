# SPDX-License-Identifier: MIT
"""How renderables get secrets."""

from __future__ import annotations

from typing import Any


async def secret_text(name: str, props: Any) -> str:
    """The secret's text; from now on the build shows the name instead.

    Raises:
        KeyError: no provider has it.
    """
    properties = props.getProperties()
    master = properties.master
    if master is None:
        from buildbot_cfg._master import MASTER

        master = MASTER
    found = await master.secrets.get(name)
    if found is None:
        raise KeyError(f"secret key {name} is not found in any provider")
    properties.useSecret(found.value, name)
    text: str = found.value
    return text
