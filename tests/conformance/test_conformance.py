# SPDX-License-Identifier: MIT
"""The same configuration and the same stimuli leave the same REST tree as under Buildbot 4.3."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from differences import ALLOWED
from play import Scenario, scenarios


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, played: dict[str, Future[dict[str, Any]]]) -> None:
    wrong = scenario.judge(played[scenario.name].result())

    assert not wrong, "\n" + "\n".join(wrong)


def test_allowed_differences_name_scenarios() -> None:
    known = {scenario.name for scenario in scenarios()}

    assert {name for entry in ALLOWED for name in entry.scenarios} <= known
    assert all(entry.reason for entry in ALLOWED)


def test_each_recording_has_a_scenario() -> None:
    folder = scenarios()[0].recorded.parent

    assert {path.stem for path in folder.glob("*.json")} == {s.name for s in scenarios()}
