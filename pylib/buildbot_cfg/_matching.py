# SPDX-License-Identifier: MIT
"""Who builds what, where a configuration has functions for it.

The core hands over what waits and who is free; the functions are called one after the other until
one pair is accepted. Each has the callbacks' deadline; one that fails or takes too long refuses.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from buildbot_cfg import _bridge, _watch
from buildbot_cfg._master import MASTER
from buildbot_cfg._where import code_of
from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.process.buildrequest import BuildRequest

Refusal = tuple[int, str | None, str]
Answer = tuple[tuple[int, str] | None, list[Refusal]]
Function = Callable[..., Any]

_OFFERED = {"nextBuild": "requests", "nextWorker": "workers"}


@dataclass(slots=True)
class MatchHook:
    """A builder's functions; each may be None."""

    builder: BuilderConfig
    next_build: Function | None
    next_worker: Function | None
    can_start: Function | None

    @property
    def chooses_request(self) -> bool:
        """Whether there is a function that wants to see all requests."""
        return self.next_build is not None


def match_hook(config: BuilderConfig, select_next_worker: Function | None) -> MatchHook | None:
    """The builder's functions; None: it has none."""
    next_worker = config.nextWorker or select_next_worker
    if not (config.nextBuild or next_worker or config.canStartBuild):
        return None
    return MatchHook(config, config.nextBuild, next_worker, config.canStartBuild)


def waiting_request(row: dict[str, Any]) -> BuildRequest:
    """What functions get for a request that waits."""
    row["changes"] = list(row["changes"])
    builder = MASTER.mirror.builder_name(row["builderid"])
    return BuildRequest.from_row(row, builder, MASTER)


async def choose(
    hook: MatchHook, requests: list[BuildRequest], workers: list[str], starting: list[Any]
) -> Answer:
    """The first request and worker that the functions accept, and what they refused before.

    Args:
        hook: the functions.
        requests: what waits, the most urgent first.
        workers: names of the free workers, the least busy first.
        starting: (builder, worker) of builds that have not been announced yet.
    """
    MASTER.mirror.starting = {(builder, worker) for builder, worker in starting}
    for waiting in requests:
        waiting.buildername = hook.builder.name  # the mirror may have been empty when it was made
    builder = MASTER.botmaster.builder(hook.builder)
    free = [wfb for name in workers if (wfb := builder.with_worker(name)) is not None]
    left, refusals = list(requests), list[Refusal]()
    while left:
        request = await _next_request(hook, builder, left, refusals)
        if request is None:
            return None, refusals
        left.remove(request)
        chosen = await _worker_for(hook, builder, request, free, refusals)
        if chosen is not None:
            return (request.id, chosen.worker.workername), refusals
    return None, refusals


async def _next_request(
    hook: MatchHook, builder: Any, left: list[BuildRequest], refusals: list[Refusal]
) -> BuildRequest | None:
    if hook.next_build is None:
        return left[0]
    chosen, why = await _chosen(hook, "nextBuild", hook.next_build, left, builder, list(left))
    if chosen is None:
        refusals.extend((request.id, None, why) for request in left)
    return chosen  # type: ignore[no-any-return]


async def _worker_for(
    hook: MatchHook, builder: Any, request: BuildRequest, free: list[Any], refusals: list[Refusal]
) -> Any:
    candidates = list(free)
    while candidates:
        wfb = await _next_worker(hook, builder, candidates, request, refusals)
        if wfb is None:
            return None
        candidates.remove(wfb)
        if await _may_start(hook, builder, wfb, request, refusals):
            return wfb
    refusals.append((request.id, None, "it was refused on every free worker"))
    return None


async def _next_worker(
    hook: MatchHook,
    builder: Any,
    candidates: list[Any],
    request: BuildRequest,
    refusals: list[Refusal],
) -> Any:
    if hook.next_worker is None:
        return candidates[0]
    chosen, why = await _chosen(
        hook, "nextWorker", hook.next_worker, candidates, builder, list(candidates), request
    )
    if chosen is None:
        refusals.append((request.id, None, why))
    return chosen


async def _chosen(
    hook: MatchHook, name: str, function: Function, offered: list[Any], *args: Any
) -> tuple[Any, str]:
    """One of those offered that the function chose; or None, and why there is none."""
    what = "chose none"
    try:
        chosen = await _watch.ask(function, *args)
        if any(chosen is one for one in offered):
            return chosen, ""
        if chosen is not None:
            what = f"returned {chosen!r}, which is none of the {_OFFERED[name]} it was given"
            _log(hook, f"{described(name, function)} {what}")
    except Exception as error:
        what = _failure(hook, name, function, error)
    return None, f"{described(name, function)} {what}"


async def _may_start(
    hook: MatchHook, builder: Any, wfb: Any, request: BuildRequest, refusals: list[Refusal]
) -> bool:
    if hook.can_start is None:
        return True
    what = "refused"
    try:
        if await _watch.ask(hook.can_start, builder, wfb, request):
            return True
    except Exception as error:
        what = _failure(hook, "canStartBuild", hook.can_start, error)
    why = f"{described('canStartBuild', hook.can_start)} {what}"
    refusals.append((request.id, wfb.worker.workername, why))
    return False


def described(name: str, function: Any) -> str:
    """Which function it is: its argument's name and where it is written."""
    code = code_of(function)
    return f"{name} ({code.co_filename}:{code.co_firstlineno})" if code is not None else name


def _failure(hook: MatchHook, name: str, function: Any, error: Exception) -> str:
    text = "".join(traceback.format_exception(error)).rstrip()
    _log(hook, f"{described(name, function)} failed:\n{text}")
    return failure(error)


def failure(error: Exception) -> str:
    """How a function failed, in a line."""
    if isinstance(error, TimeoutError):
        return str(error)
    return f"failed: {type(error).__name__}: {error}"


def _log(hook: MatchHook, text: str) -> None:
    _bridge.log("error", f'builder "{hook.builder.name}": {text}')


async def sort_builders(function: Function, names: list[str]) -> list[str]:
    """The builders' names in the order that ``prioritizeBuilders`` gives."""
    known = MASTER.botmaster.builders
    offered = [known[name] for name in names if name in known]
    sorted_ = await _watch.ask(function, MASTER, list(offered))
    if not isinstance(sorted_, list | tuple):
        raise TypeError(f"{described('prioritizeBuilders', function)} must return a list")
    return [builder.name for builder in sorted_ if any(builder is one for one in offered)]
