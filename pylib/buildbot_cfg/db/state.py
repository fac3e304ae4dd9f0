# SPDX-License-Identifier: MIT
"""``master.db.state``: values that outlive the master."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import awaited, started

_NONE = object()


class StateConnectorComponent:
    """Values by object and name."""

    @started
    async def getObjectId(self, name: str, class_name: str) -> int:
        """The id of an object, made when it is asked for the first time."""
        objectid: int = await _bridge.live_master().object_id(name, class_name)
        return objectid

    @started
    async def getState(self, objectid: int, name: str, default: Any = _NONE) -> Any:
        """The value.

        Raises:
            KeyError: it was never set, and there is no default.
        """
        found = await _bridge.live_master().get_object_state(objectid, name)
        if found:
            return found[0]
        if default is _NONE:
            raise KeyError(f"no such state value '{name}' for object {objectid}")
        return default

    @started
    async def setState(self, objectid: int, name: str, value: Any) -> None:
        """Sets the value.

        Raises:
            TypeError: it is no plain data.
        """
        await _bridge.live_master().set_object_state(objectid, name, _plain(value), False)

    @started
    async def atomicCreateState(
        self, objectid: int, name: str, thd_create_callback: Callable[[], Any]
    ) -> Any:
        """The value; when there is none, the one that the callback makes.

        Raises:
            TypeError: what the callback made is no plain data.
        """
        master = _bridge.live_master()
        found = await master.get_object_state(objectid, name)
        if not found:
            value = _plain(await awaited(thd_create_callback()))
            if await master.set_object_state(objectid, name, value, True):
                return value
            found = await master.get_object_state(objectid, name)
        return found[0]


def _plain(value: Any) -> Any:
    try:
        return json.loads(json.dumps(value))
    except TypeError as error:
        raise TypeError(f"Error encoding JSON for {value!r}") from error
