# SPDX-License-Identifier: MIT
"""Values that outlive the master."""

from __future__ import annotations

from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import started

_NONE = object()


class StateMixin:
    """Keeps values under the object's name and class in the database."""

    name: Any

    @started
    async def getState(self, name: str, default: Any = _NONE) -> Any:
        """The value.

        Raises:
            KeyError: it was never set, and there is no default.
        """
        try:
            return await _bridge.live_master().get_state(self.name, _class_path(self), name)
        except KeyError:
            if default is _NONE:
                raise
            return default

    @started
    async def setState(self, name: str, value: Any) -> None:
        """Sets the value, which must be plain data."""
        await _bridge.live_master().set_state(self.name, _class_path(self), name, value)


def _class_path(value: object) -> str:
    cls = type(value)
    return f"{cls.__module__}.{cls.__name__}".replace("buildbot_cfg.", "buildbot.", 1)
