# SPDX-License-Identifier: MIT
"""Calls that happen soon, not now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from buildbot_cfg import _tasks

__all__ = ["eventually", "fireEventually"]


def eventually(cb: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Calls back in the loop's next turn."""
    asyncio.get_running_loop().call_soon(lambda: cb(*args, **kwargs))


@_tasks.started
async def fireEventually(value: Any = None) -> Any:
    """Gives the value in the loop's next turn."""
    await asyncio.sleep(0)
    return value
