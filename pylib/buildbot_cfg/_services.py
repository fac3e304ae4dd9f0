# SPDX-License-Identifier: MIT
"""Long-lived Python parts of a configuration: change sources and services.

They outlive configurations: the namesake in a new one is kept when nothing changed, takes over the
new settings when it is of the same class, and is replaced otherwise.
"""

from __future__ import annotations

import traceback
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._master import MASTER
from buildbot_cfg._tasks import awaited
from buildbot_cfg._where import Location

Key = tuple[str, str]

_PARENTS = {
    "service": MASTER.service_manager,
    "change source": MASTER.change_svc,
    "scheduler": MASTER.scheduler_manager,
}

_running: dict[Key, Any] = {}
#: What does not run although the configuration wants it, and why.
_failed: dict[Key, str] = {}
#: Where the file makes them.
_places: dict[Key, Location] = {}


class ServicesFailed(Exception):
    """Some services could not be started or reconfigured; the text names each."""


async def activate(config: Any) -> None:
    """Starts, keeps, reconfigures or stops services so that they are those of the configuration.

    Raises:
        ServicesFailed: some of them could not be; all others are.
    """
    MASTER.configured(config.basedir, config.values, config.db_url)
    await MASTER.mirror.activated(
        config.basedir, bool(config.services or config.sources or config.scripted)
    )
    settings = config.settings
    _watch.configure(settings["policy_report_after"], settings["callback_deadline"])
    _failed.clear()
    _places.clear()
    for provider, error in await MASTER.secrets.configure(
        config.values.get("secretsProviders") or []
    ):
        key = ("secret provider", provider.name or type(provider).__name__)
        _note_failure(key, provider, error)
    wanted = {("change source", source.name): source for source in config.sources}
    wanted |= {("service", service.name): service for service in config.services}
    wanted |= {("scheduler", scheduler.name): scheduler for scheduler in config.scripted}
    for key in list(_running):
        if key not in wanted or _is_replaced(key, wanted[key]):
            await _stop(key)
    for key, service in wanted.items():
        try:
            await _make_right(key, service)
        except Exception as error:
            _note_failure(key, service, error)
    if _failed:
        raise ServicesFailed("; ".join(_told(key, why) for key, why in _failed.items()))


async def deactivate() -> None:
    """Stops all of them."""
    for key in list(_running):
        await _stop(key)
    _failed.clear()
    MASTER.db.pool.close()


def failed() -> dict[Key, str]:
    """The services that the configuration wants, but that do not run: kind and name, and why."""
    return dict(_failed)


def running(kind: str) -> dict[str, Any]:
    """The running services of a kind by name."""
    return {name: service for (of, name), service in _running.items() if of == kind}


def _is_replaced(key: Key, new: Any) -> bool:
    current = _running[key]
    if type(current) is not type(new):
        return True
    return key[0] == "scheduler" and not current.is_same_as(new)


async def _make_right(key: Key, service: Any) -> None:
    current = _running.get(key)
    if current is None:
        if getattr(service, "parent", None) is None and hasattr(type(service), "parent"):
            service.parent = _PARENTS[key[0]]
        _running[key] = service  # it may look for itself
        await awaited(service.start())
    elif not current.is_same_as(service):
        await awaited(current.reconfigure(service))


def _note_failure(key: Key, service: Any, error: Exception) -> None:
    _running.pop(key, None)
    text = str(error)
    _failed[key] = f"{type(error).__name__}: {text}" if text else type(error).__name__
    _places[key] = service.location
    trace = "".join(traceback.format_exception(error)).rstrip()
    _bridge.log("error", f"{_told(key, 'does not run')}:\n{trace}")


def _told(key: Key, what: str) -> str:
    file, line = _places[key]
    where = f"{file}:{line}: " if file else ""
    return f"{where}{_label(key)}: {what}"


def _label(key: Key) -> str:
    return f'{key[0]} "{key[1]}"'


async def _stop(key: Key) -> None:
    service = _running.pop(key)
    try:
        await awaited(service.stop())
    except Exception as error:
        _bridge.log("error", f"{_label(key)} did not stop cleanly: {error!r}")
