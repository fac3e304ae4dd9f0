# SPDX-License-Identifier: MIT
"""How long the worker waits before it connects again, by a clock that jumps."""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path

import pytest
from support import run_jumping

from kilnbot_worker.backoff import Backoff
from kilnbot_worker.service import Worker
from kilnbot_worker.settings import Settings


def test_delays_grow_to_the_cap_and_stay_there() -> None:
    backoff = Backoff(60, source=random.Random(1))

    delays = [backoff.next_delay() or 0 for _ in range(8)]

    assert 0.8 < delays[0] < 1.2
    assert delays[1] > 1.8 * delays[0]
    assert all(delay <= 60 for delay in delays)
    assert all(delay > 50 for delay in delays[5:])


def test_delays_differ_between_workers() -> None:
    assert (
        Backoff(60, source=random.Random(1)).next_delay()
        != Backoff(60, source=random.Random(2)).next_delay()
    )


def test_reset_begins_anew() -> None:
    backoff = Backoff(60, retries=2)
    first = [backoff.next_delay() for _ in range(3)]
    backoff.reset()

    assert first[2] is None
    assert backoff.next_delay() is not None


def unreachable(tmp_path: Path, retries: int) -> Settings:
    return Settings(
        str(tmp_path), "w", "p", maxdelay=100, maxretries=retries,
        connection_string=f"unix:{tmp_path}/nowhere",
    )  # fmt: skip


def test_a_worker_that_may_not_retry_for_ever_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    async def work() -> tuple[int, float]:
        status = await Worker(unreachable(tmp_path, 9)).run()
        return status, asyncio.get_running_loop().time()

    status, waited = run_jumping(work)

    assert status == 1
    assert caplog.text.count("will retry in") == 9
    # 1 + 2.7 + 7.3 + 19.7 + 53 and four times 100, each 12 % more or less
    assert 0.85 * 483 < waited < 1.13 * 483


def test_stop_ends_a_waiting_worker(tmp_path: Path) -> None:
    async def work() -> int:
        worker = Worker(unreachable(tmp_path, 10_000))
        asyncio.get_running_loop().call_later(1000, worker.stop)
        return await worker.run()

    assert run_jumping(work) == 0
