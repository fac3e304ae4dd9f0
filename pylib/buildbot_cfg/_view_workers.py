# SPDX-License-Identifier: MIT
"""The workers of a configuration as the core reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken, quoted
from buildbot_cfg._errors import report, warn
from buildbot_cfg._view_locks import AccessView, checked
from buildbot_cfg._where import Location, place
from buildbot_cfg.plugins._inactive import TEXT, is_inactive
from buildbot_cfg.process._rendering import holds_renderable, is_renderable
from buildbot_cfg.process.properties import Properties
from buildbot_cfg.worker.base import AbstractWorker

Sourced = dict[str, tuple[Any, str]]


@dataclass(slots=True)
class WorkerView:
    """One worker."""

    name: str
    password: str
    max_builds: int | None
    properties: Sourced
    default_properties: Sourced
    keepalive_interval: float
    missing_timeout: float
    class_name: str
    locks: list[AccessView]


def worker_views(given: Any, where: Location) -> list[WorkerView]:
    """Checks ``c["workers"]``."""
    views: dict[str, WorkerView] = {}
    for worker in given:
        if not isinstance(worker, AbstractWorker):
            report(f"must hold workers, not {shown(worker)}", 'c["workers"]', where)
        elif is_broken(worker) or not isinstance(worker.name, str):
            continue
        elif worker.name in views:
            report("another worker has this name", worker.label, place(worker))
        else:
            views[worker.name] = _view(worker)
    return list(views.values())


def _view(worker: AbstractWorker) -> WorkerView:
    if is_inactive(worker):
        warn(TEXT, worker.label, place(worker))
    for key in ("machine_name", "notify_on_missing"):
        if getattr(worker, key):
            what = f'"{key}" is accepted, not active in this version'
            warn(what, worker.label, place(worker))
    return WorkerView(
        name=worker.name or "",
        password=worker.password if isinstance(worker.password, str) else "",
        max_builds=worker._usual_max_builds if worker.max_builds is None else worker.max_builds,
        properties=sourced(worker, "properties", "Worker"),
        default_properties=sourced(worker, "defaultProperties", "Worker"),
        keepalive_interval=worker.keepalive_interval,
        missing_timeout=_missing_timeout(worker),
        class_name=class_path(worker),
        locks=checked(worker.locks, worker.label, partial(place, worker)),
    )


def _missing_timeout(worker: AbstractWorker) -> float:
    given = worker.missing_timeout
    return worker.DEFAULT_MISSING_TIMEOUT if given is None else given


def class_path(value: object) -> str:
    """The dotted name of the object's class, as Buildbot calls it."""
    cls = type(value)
    return f"{cls.__module__}.{cls.__qualname__}".replace("buildbot_cfg.", "buildbot.", 1)


def sourced(owner: Any, key: str, source: str, renderables: bool = False) -> Sourced:
    """The owner's plain properties with their source.

    A renderable is None here: each build has its own value (`_session.py`). With ``renderables``
    they are left out, wherever they are.
    """
    found: Sourced = {}
    given = getattr(owner, key)
    if type(given) is not dict:
        given = _plain(given)
    for name, value in given.items():
        if type(value) is str or not holds_renderable(value):
            found[name] = (value, source)
        elif renderables:
            continue
        elif is_renderable(value):
            found[name] = (None, source)
        else:
            what = "is a list or dict that holds a renderable: only a whole value can be one"
            report(f"{quoted('property', name)} {what}", owner.label, place(owner))
    return found


def _plain(given: Any) -> dict[str, Any]:
    """The values: a worker has Properties, one of which the core sets itself."""
    if not isinstance(given, Properties):
        return dict(given)
    return {name: value for name, value, _ in given.asList() if name != "workername"}


def renderables_of(owner: Any) -> dict[str, Any]:
    """The properties of a builder or worker whose values each build has its own of."""
    defaults, own = owner.defaultProperties, owner.properties
    if type(own) is dict and not own and not defaults:
        return {}
    given = {**_plain(defaults), **_plain(own)}
    return {name: value for name, value in given.items() if is_renderable(value)}
