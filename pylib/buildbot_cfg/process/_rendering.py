# SPDX-License-Identifier: MIT
"""Rendering: the values that an object has in one build."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from buildbot_cfg._tasks import awaited

_PLAIN = (str, int, bool, float, bytes, type(None))


def is_renderable(value: object) -> bool:
    """Whether the object itself has a value of its own in each build (containers: look inside)."""
    return hasattr(value, "getRenderingFor") and not isinstance(value, type)


def holds_renderable(value: object) -> bool:
    """Whether the object or something in it has a value of its own in each build."""
    if type(value) in _PLAIN:
        return False
    if isinstance(value, (list, tuple)):
        return any(holds_renderable(item) for item in value)
    if isinstance(value, dict):
        return any(holds_renderable(k) or holds_renderable(v) for k, v in value.items())
    return is_renderable(value)


async def render(value: Any, props: Any) -> Any:
    """The value for these properties: lists, tuples and dicts are rendered inside."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return await render_all(value, props)
    if kind is tuple:
        return tuple(await render_all(value, props))
    if kind is dict:
        keys = await render_all(value.keys(), props)
        return dict(zip(keys, await render_all(value.values(), props), strict=True))
    if is_renderable(value):
        return await awaited(value.getRenderingFor(props))
    return value


async def render_all(values: Iterable[Any], props: Any) -> list[Any]:
    """The values of several, waiting for all at once."""
    values = list(values)
    if not any(holds_renderable(value) for value in values):
        return [await render(value, props) for value in values]
    return list(await asyncio.gather(*(render(value, props) for value in values)))
