# SPDX-License-Identifier: MIT
"""Long-lived Python parts of a configuration: at present the change sources."""

from __future__ import annotations

from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._master import MASTER
from buildbot_cfg._tasks import awaited

_running: dict[str, Any] = {}


async def activate(config: Any) -> None:
    """Starts, keeps or stops change sources so that they are those of the configuration."""
    MASTER.configured(config.basedir, config.values)
    settings = config.settings
    _watch.configure(settings["policy_report_after"], settings["callback_deadline"])
    wanted = {source.name: source for source in config.sources}
    for name in list(_running):
        old, new = _running[name], wanted.get(name)
        if new is None or not old.is_same_as(new):
            await _stop(name)
    for name, source in wanted.items():
        if name not in _running:
            _running[name] = source
            await awaited(source.start())


async def deactivate() -> None:
    """Stops all of them."""
    for name in list(_running):
        await _stop(name)


async def _stop(name: str) -> None:
    source = _running.pop(name)
    try:
        await awaited(source.stop())
    except Exception as error:
        _bridge.log("error", f'change source "{name}" did not stop cleanly: {error!r}')
