# SPDX-License-Identifier: MIT
"""nextBuild, nextWorker, canStartBuild, prioritizeBuilders: what they refuse, and how they fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from buildbot_cfg import _matching, _watch
from buildbot_cfg._master import MASTER
from buildbot_cfg.config.builder import BuilderConfig
from buildbot_cfg.process.buildrequest import BuildRequest
from buildbot_cfg.process.factory import BuildFactory
from buildbot_cfg.worker.base import Worker

THIS = __file__


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> BuilderConfig:
    """A builder on w1 and w2, which the master knows."""
    workers = [Worker("w1", "pw"), Worker("w2", "pw")]
    made = BuilderConfig(name="b", workernames=["w1", "w2"], factory=BuildFactory())
    monkeypatch.setattr(MASTER, "values", {"builders": [made], "workers": workers})
    return made


def requests(count: int) -> list[BuildRequest]:
    return [BuildRequest(n, n, "", {}, priority=count - n) for n in range(1, count + 1)]


def asked(
    config: BuilderConfig,
    waiting: list[BuildRequest],
    starting: list[Any] | None = None,
    **functions: Callable[..., Any],
) -> _matching.Answer:
    names = ("next_build", "next_worker", "can_start")
    hook = _matching.MatchHook(config, *(functions.get(name) for name in names))

    async def ask() -> _matching.Answer:
        _watch.configure(report_after_s=10, callback_deadline_s=0.2)
        try:
            return await _matching.choose(hook, waiting, ["w1", "w2"], starting or [])
        finally:
            _watch.stop()

    return asyncio.run(ask())


def test_builders_without_functions_have_no_hook(config: BuilderConfig) -> None:
    assert _matching.match_hook(config, None) is None
    hook = _matching.match_hook(config, lambda builder, workers, request: None)
    assert hook is not None
    assert not hook.chooses_request


def test_the_first_pair_that_is_accepted(config: BuilderConfig) -> None:
    def may(builder: Any, wfb: Any, request: BuildRequest) -> bool:
        return request.id == 2 and wfb.worker.workername == "w2"

    choice, refusals = asked(config, requests(3), can_start=may)

    assert choice == (2, "w2")
    where = f"canStartBuild ({THIS}:{may.__code__.co_firstlineno}) refused"
    assert refusals == [
        (1, "w1", where),
        (1, "w2", where),
        (1, None, "it was refused on every free worker"),
        (2, "w1", where),
    ]


def test_next_build_sees_those_that_are_left(config: BuilderConfig) -> None:
    seen: list[list[int]] = []

    async def last(builder: Any, waiting: list[BuildRequest]) -> BuildRequest:
        seen.append([request.id for request in waiting])
        return waiting[-1]

    choice, _ = asked(
        config, requests(3), next_build=last, can_start=lambda b, w, request: request.id == 2
    )

    assert choice == (2, "w1")
    assert seen == [[1, 2, 3], [1, 2]]


def test_next_worker_that_chooses_none_refuses_that_request_only(config: BuilderConfig) -> None:
    def choose(builder: Any, workers: list[Any], request: BuildRequest) -> Any:
        return workers[1] if request.id == 2 else None

    choice, refusals = asked(config, requests(2), next_worker=choose)

    assert choice == (2, "w2")
    assert [refusal[:2] for refusal in refusals] == [(1, None)]
    assert "chose none" in refusals[0][2]


@pytest.mark.parametrize("name", ["next_build", "next_worker", "can_start"])
def test_functions_that_raise_refuse(config: BuilderConfig, name: str) -> None:
    def bad(*args: Any) -> Any:
        raise KeyError("jobs")

    choice, refusals = asked(config, requests(1), **{name: bad})

    assert choice is None
    assert "failed: KeyError: 'jobs'" in refusals[0][2]


@pytest.mark.parametrize("name", ["next_build", "next_worker"])
def test_foreign_answers_refuse(config: BuilderConfig, name: str) -> None:
    choice, refusals = asked(config, requests(1), **{name: lambda *args: "nonsense"})

    assert choice is None
    assert "returned 'nonsense', which is none of" in refusals[0][2]


def test_functions_that_never_answer_are_broken(config: BuilderConfig) -> None:
    def sleeps(*args: Any) -> bool:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            time.sleep(0.01)
        return True

    async def waits(*args: Any) -> bool:
        await asyncio.Event().wait()
        return True

    for function in (sleeps, waits):
        choice, refusals = asked(config, requests(1), can_start=function)
        assert choice is None
        assert "timed out after 0.2 s" in refusals[0][2]


def test_builds_that_are_decided_on_are_seen_as_running(config: BuilderConfig) -> None:
    busy: list[bool] = []

    def look(builder: Any, wfb: Any, request: BuildRequest) -> bool:
        busy.append(wfb.isBusy())
        return False

    asked(config, requests(1), starting=[("b", "w2")], can_start=look)

    assert busy == [False, True]


def test_prioritize_builders(config: BuilderConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    other = BuilderConfig(name="a", workernames=["w1"], factory=BuildFactory())
    monkeypatch.setattr(MASTER, "values", {"builders": [config, other]})

    def backwards(master: Any, builders: list[Any]) -> list[Any]:
        assert master is MASTER
        return [*reversed(builders), SimpleNamespace(name="foreign")]

    names = asyncio.run(_matching.sort_builders(backwards, ["b", "a", "unknown"]))

    assert names == ["a", "b"]
    with pytest.raises(TypeError, match=r"prioritizeBuilders .* must return a list"):
        asyncio.run(_matching.sort_builders(lambda master, builders: None, ["b"]))
