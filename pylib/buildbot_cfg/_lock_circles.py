# SPDX-License-Identifier: MIT
"""Locks of a configuration: all of them, and builds that could wait for each other's.

A build keeps its builder's and its worker's locks while its steps wait for theirs. Two builds, each
of which has what a step of the other waits for, would wait for ever: a configuration in which that
can happen is refused. Lists that are rendered are not known before the build; the engine watches
them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from buildbot_cfg._bridge import is_late
from buildbot_cfg._declared import is_broken
from buildbot_cfg._errors import report
from buildbot_cfg._view_locks import AccessView, LockView, access_views, checked
from buildbot_cfg._where import place
from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.process._rendering import holds_renderable
from buildbot_cfg.process.buildstep import step_label
from buildbot_cfg.worker.base import AbstractWorker

#: One real lock: whether it is of workers, its name, the worker.
_Lock = tuple[bool, str, str]


@dataclass(slots=True)
class _Demand:
    """Who may want a lock at the same time, at the worst."""

    users: int = 0
    places_wanted: int = 0
    exclusively: bool = False

    def add(self, uses: list[AccessView], builds: int) -> None:
        self.users += builds
        self.places_wanted += builds * sum(count for *_, count in uses)
        self.exclusively |= any(exclusive for *_, exclusive, _ in uses)

    def may_block(self, places: int) -> bool:
        return self.users > 1 and (self.exclusively or self.places_wanted > places)


@dataclass(slots=True)
class _Builder:
    """A builder's lists."""

    config: BuilderConfig
    own: list[AccessView]
    of_steps: list[tuple[Any, list[AccessView]]] = field(default_factory=list)


def locks_of(builders: Iterable[Any], workers: Iterable[Any]) -> list[LockView]:
    """All locks of lists that are not rendered; of two with one name the last one counts."""
    of_workers = {
        worker.name or "": _told_elsewhere(worker.locks)
        for worker in workers
        if isinstance(worker, AbstractWorker) and not is_broken(worker) and worker.locks
    }
    known = [_lists(b) for b in builders if isinstance(b, BuilderConfig) and not is_broken(b)]
    found: dict[tuple[bool, str], LockView] = {}
    for access in _all_accesses(known, of_workers):
        found[access[:2]] = access[:4]
    if any(b.of_steps and (b.own or of_workers) for b in known):
        _refuse_circles(known, of_workers, found)
    return list(found.values())


def _told_elsewhere(given: Any) -> list[AccessView]:
    """The list without a word about what is wrong with it: the views of its owner say that."""
    try:
        return [] if holds_renderable(given) else access_views(given)
    except TypeError:
        return []


def _lists(config: BuilderConfig) -> _Builder:
    found = _Builder(config, _told_elsewhere(config.locks) if config.locks else [])
    for step in config.factory.steps:
        given = _locks_of(step)
        if given and (uses := checked(given, step_label(step), partial(place, step))):
            found.of_steps.append((step, uses))
    return found


def _locks_of(step: Any) -> Any:
    """The step's list; a step whose ``__init__`` has not run is left so."""
    if is_late(step):
        cls, _, kwargs = step._recipe()
        return kwargs.get("locks", cls.locks)
    return step.locks


def _all_accesses(
    builders: list[_Builder], of_workers: dict[str, list[AccessView]]
) -> Iterator[AccessView]:
    for uses in of_workers.values():
        yield from uses
    for builder in builders:
        yield from builder.own
        for _, uses in builder.of_steps:
            yield from uses


def _by_lock(uses: Iterable[AccessView], worker: str) -> dict[_Lock, list[AccessView]]:
    found: dict[_Lock, list[AccessView]] = defaultdict(list)
    for use in uses:
        if use[5]:
            found[(use[0], use[1], worker if use[0] else "")].append(use)
    return found


def _refuse_circles(
    builders: list[_Builder],
    of_workers: dict[str, list[AccessView]],
    locks: dict[tuple[bool, str], LockView],
) -> None:
    demands: dict[_Lock, _Demand] = defaultdict(_Demand)
    waits: dict[_Lock, dict[_Lock, tuple[_Builder, Any]]] = defaultdict(dict)
    for builder in builders:
        for worker in builder.config.workernames:
            held = _by_lock([*builder.own, *of_workers.get(worker, ())], worker)
            for lock, uses in held.items():
                demands[lock].add(uses, 1)
            for step, uses in builder.of_steps:
                for lock, wanted in _by_lock(uses, worker).items():
                    if lock in held:
                        continue  # told when it runs, as Buildbot does
                    demands[lock].add(wanted, 1)
                    for having in held:
                        waits[having].setdefault(lock, (builder, step))

    def may_block(lock: _Lock) -> bool:
        _, _, places, own = locks[lock[:2]]
        return demands[lock].may_block(own.get(lock[2], places) if lock[0] else places)

    graph = {
        a: [b for b in targets if may_block(b)] for a, targets in waits.items() if may_block(a)
    }
    if circle := _circle(graph):
        pairs = list(zip(circle, [*circle[1:], circle[0]], strict=True))
        who = [waits[a][b] for a, b in pairs]
        told = [
            f'a build of "{builder.config.name}" has lock "{a[1]}" while its step "{step.name}" '
            f'waits for lock "{b[1]}"'
            for (a, b), (builder, step) in zip(pairs, who, strict=True)
        ]
        first = who[0][0].config
        what = f"builds could wait for each other's locks for ever: {'; '.join(told)}"
        report(what, first.label, place(first))


def _circle(graph: dict[_Lock, list[_Lock]]) -> list[_Lock]:
    """Locks of which each is waited for by who has the one before it; empty: there are none."""
    done: set[_Lock] = set()
    for start in graph:
        path: list[_Lock] = []
        turns = [(start, iter(graph[start]))] if start not in done else []
        while turns:
            lock, targets = turns[-1]
            if len(path) < len(turns):
                path.append(lock)
            target = next(targets, None)
            if target is None:
                done.add(lock)
                turns.pop()
                path.pop()
            elif target in path:
                return path[path.index(target) :]
            elif target not in done and target in graph:
                turns.append((target, iter(graph[target])))
    return []
