# SPDX-License-Identifier: MIT
"""The schedulers of a configuration as the core reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import is_broken
from buildbot_cfg._errors import report
from buildbot_cfg._orders import computes
from buildbot_cfg._suggest import did_you_mean
from buildbot_cfg._view_builders import BuilderView
from buildbot_cfg._view_workers import Sourced, class_path, sourced
from buildbot_cfg._where import Location, place
from buildbot_cfg.process._rendering import holds_renderable, is_renderable
from buildbot_cfg.schedulers._running import decides_in_python
from buildbot_cfg.schedulers.base import ReconfigurableBaseScheduler
from buildbot_cfg.schedulers.basic import AnyBranchScheduler, BaseBasicScheduler
from buildbot_cfg.schedulers.dependent import Dependent
from buildbot_cfg.schedulers.forcesched import ForceScheduler
from buildbot_cfg.schedulers.timed import Nightly, NightlyTriggerable, Periodic, Timed
from buildbot_cfg.schedulers.triggerable import Triggerable
from buildbot_cfg.schedulers.trysched import Try_Jobdir, Try_Userpass
from buildbot_cfg.util import NotABranch


@dataclass(slots=True)
class SchedulerView:
    """One scheduler."""

    name: str
    class_name: str
    kind: str
    builder_names: list[str]
    properties: Sourced
    codebases: dict[str, dict[str, Any]]
    priority: int = 0
    #: The scheduler, when user code has a say in its orders.
    order: Any = None
    tree_stable_timer: float | None = None
    #: Whose conditions say which changes count, when the core can compare them.
    filtered_by: Any = None
    only_important: bool = False
    reason: str = ""
    hooks: Any = None
    absolute_stamps: bool = False
    period: float = 0.0
    times: Any = None
    forced_times: Any = None
    only_if_changed: bool = False
    upstream: str = ""
    button_name: str = ""
    label: str = ""
    all_fields: Sequence[Any] = ()
    form: Any = None
    #: The form runs no code of the user's.
    form_is_stock: bool = False
    jobdir: str = ""
    #: The scheduler, when it decides in Python and can be triggered.
    trigger: Any = None

    @property
    def filter(self) -> list[tuple[str, list[Any], bool]]:
        """Attribute, values and whether it must not be one of them."""
        return [] if self.filtered_by is None else _conditions(self.filtered_by)


def scheduler_views(
    values: dict[str, Any], builders: list[BuilderView], lines: Any
) -> list[SchedulerView]:
    """Checks ``c["schedulers"]``."""
    views: dict[str, SchedulerView] = {}
    driven: set[str] = set()
    known = {builder.name for builder in builders}
    known |= {str(b.name) for b in values["builders"] if is_broken(b)}
    for scheduler in values["schedulers"]:
        if not isinstance(scheduler, ReconfigurableBaseScheduler):
            report(
                f"must hold schedulers, not {shown(scheduler)}",
                'c["schedulers"]',
                lines("schedulers"),
            )
            continue
        if is_broken(scheduler) or not isinstance(scheduler.name, str):
            continue
        where = partial(place, scheduler)  # lines are counted only where something is wrong
        if scheduler.name in views:
            report("another scheduler has this name", scheduler.label, where())
        names = _builder_names(scheduler, known, values["multiMaster"], where)
        driven.update(known if holds_renderable(scheduler.builderNames) else names)
        views.setdefault(scheduler.name, _view(scheduler, names, values))
    _check_driven(values, builders, driven)
    return list(views.values())


def _builder_names(
    scheduler: ReconfigurableBaseScheduler,
    known: set[str],
    multi_master: bool,
    where: Callable[[], Location],
) -> list[str]:
    if is_renderable(scheduler.builderNames):
        return []
    names = [name for name in scheduler.builderNames if isinstance(name, str)]
    for name in dict.fromkeys(names):
        if name not in known and not multi_master:
            hint = did_you_mean(name, known)
            report(f'unknown builder "{name}" in "builderNames"{hint}', scheduler.label, where())
    return names


def _check_driven(values: dict[str, Any], builders: list[BuilderView], driven: set[str]) -> None:
    if values["multiMaster"] or any(is_broken(s) for s in values["schedulers"]):
        return
    for builder in builders:
        if builder.name not in driven:
            config = builder.maker.config
            report("no scheduler names this builder", config.label, place(config))


def _view(scheduler: Any, names: list[str], values: dict[str, Any]) -> SchedulerView:
    codebases = _NO_DEFAULTS
    if scheduler.codebases != {"": {}}:
        codebases = {name: _defaults(given) for name, given in scheduler.codebases.items()}
    priority = scheduler.priority if isinstance(scheduler.priority, int) else 0
    shared: dict[str, Any] = {
        "name": scheduler.name,
        "class_name": class_path(scheduler),
        "builder_names": names,
        "properties": sourced(scheduler, "properties", "Scheduler", renderables=True),
        "codebases": codebases,
        "priority": priority,
        "order": scheduler if computes(scheduler) else None,
    }
    if isinstance(scheduler, ForceScheduler):
        scheduler.validation = values["validation"]
        return SchedulerView(
            kind="force",
            button_name=scheduler.buttonName,
            label=scheduler.title,
            all_fields=[form.getSpec() for form in scheduler.all_fields],
            form=scheduler,
            form_is_stock=scheduler.is_stock,
            **shared,
        )
    if decides_in_python(type(scheduler)):
        return _scripted_view(scheduler, shared)
    if isinstance(scheduler, (BaseBasicScheduler, Timed)):
        shared |= _change_keys(scheduler)
    if isinstance(scheduler, BaseBasicScheduler):
        kind = "any_branch" if isinstance(scheduler, AnyBranchScheduler) else "single_branch"
        return SchedulerView(kind=kind, tree_stable_timer=scheduler.treeStableTimer, **shared)
    if isinstance(scheduler, Timed):
        return _timed_view(scheduler, shared)
    if isinstance(scheduler, Triggerable):
        return SchedulerView(kind="triggerable", reason=scheduler.reason, **shared)
    if isinstance(scheduler, Dependent):
        upstream = scheduler.upstream_name
        return SchedulerView(kind="dependent", reason=scheduler.reason, upstream=upstream, **shared)
    if isinstance(scheduler, Try_Jobdir):
        return SchedulerView(kind="try_jobdir", jobdir=scheduler.jobdir, **shared)
    if isinstance(scheduler, Try_Userpass):
        return SchedulerView(kind="try_userpass", **shared)
    return _scripted_view(scheduler, shared)


def _scripted_view(scheduler: Any, shared: dict[str, Any]) -> SchedulerView:
    """Of a class that decides in Python: the engine only knows that it is there."""
    trigger = scheduler if hasattr(scheduler, "trigger") else None
    shared["order"] = None
    return SchedulerView(kind="scripted", trigger=trigger, **shared)


def _timed_view(scheduler: Timed, shared: dict[str, Any]) -> SchedulerView:
    shared["only_if_changed"] = scheduler.onlyIfChanged
    if isinstance(scheduler, Periodic):
        return SchedulerView(kind="periodic", period=scheduler.periodicBuildTimer, **shared)
    if isinstance(scheduler, (Nightly, NightlyTriggerable)):
        kind = "nightly" if isinstance(scheduler, Nightly) else "nightly_triggerable"
        times, forced = scheduler.times, scheduler.forced_times
        return SchedulerView(kind=kind, times=times, forced_times=forced, **shared)
    return _scripted_view(scheduler, shared)


def _change_keys(scheduler: BaseBasicScheduler | Timed) -> dict[str, Any]:
    chosen = scheduler.change_filter
    plain = (chosen is None or chosen.is_plain) and scheduler.fileIsImportant is None
    return {
        "filtered_by": scheduler if plain else None,
        "only_important": scheduler.onlyImportant,
        "reason": scheduler.reason,
        "absolute_stamps": scheduler.createAbsoluteSourceStamps,
        "hooks": None if plain else scheduler,
    }


def _conditions(scheduler: BaseBasicScheduler | Timed) -> list[tuple[str, list[Any], bool]]:
    chosen = scheduler.change_filter
    conditions = [
        (c.attribute, list(c.values), c.negate) for c in (chosen.conditions if chosen else ())
    ]
    if isinstance(scheduler, Timed) and scheduler.branch is not NotABranch:
        conditions.append(("branch", [scheduler.branch], False))
    return conditions


def _defaults(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "branch": given.get("branch"),
        "revision": given.get("revision"),
        "repository": given.get("repository") or "",
        "project": given.get("project") or "",
    }


#: What most schedulers have; shared, as nobody changes it.
_NO_DEFAULTS = {"": _defaults({})}
