# SPDX-License-Identifier: MIT
"""A build that ends as RETRY every time comes to an end, or waits longer and longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Master, Worker, running, wait_for

CONFIG = """
KilnbotConfig = {limits}

class Again(steps.BuildStep):
    def run(self):
        return util.RETRY

c["builders"] = [util.BuilderConfig(name="b1", workernames=["w1"], factory=util.BuildFactory([Again()]))]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b1"])]
"""


def master_with(folder: Path, limits: str) -> Iterator[Master]:
    made = Master(folder).create(CONFIG.format(limits=limits))
    with running(made, Worker(folder, made.pb)):
        yield made


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Master]:
    yield from master_with(tmp_path, '{"retry_limit": 3, "retry_delay": 1}')


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Master]:
    yield from master_with(tmp_path, '{"retry_delay": 10}')


def test_the_build_after_the_limit_is_an_exception(limited: Master) -> None:
    request = limited.force("b1")
    wait_for("its end", lambda: limited.rows(f"buildrequests/{request}")[0]["complete"])

    builds = limited.rows("builds?order=number")
    assert [build["results"] for build in builds] == [5, 5, 5, 4]
    assert builds[-1]["state_string"] == "exception finished (retry) (retried 3 times)"
    assert limited.rows(f"buildrequests/{request}")[0]["results"] == 4
    assert not limited.rows("workers/1")[0]["paused"]


def test_without_a_limit_each_waits_longer_and_says_so(patient: Master) -> None:
    request = patient.force("b1")

    def delays() -> list[str]:
        lines = [line for line in patient.log().splitlines() if "the next one waits for" in line]
        return [line.rsplit(None, 2)[-2] for line in lines]

    wait_for("the third wait", lambda: len(delays()) >= 3)
    assert delays()[:3] == ["1", "2", "4"]
    waiting = patient.rows(f"buildrequests/{request}/waiting")[0]
    assert waiting["reasons"][0]["kind"] == "retried"
    assert waiting["reasons"][0]["until"] == waiting["predicted_start_at"]
    patient.control(f"buildrequests/{request}", "cancel", reason="enough")
    wait_for("its end", lambda: patient.rows(f"buildrequests/{request}")[0]["complete"])
