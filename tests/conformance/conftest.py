# SPDX-License-Identifier: MIT
"""Plays the chosen scenarios several at once; each test waits for its own."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from play import MASTER_CMD, Scenario, play_all


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest) -> dict[str, Future[dict[str, Any]]]:
    chosen: list[Scenario] = [
        item.callspec.params["scenario"]
        for item in request.session.items
        if "played" in getattr(item, "fixturenames", ())
    ]
    futures = play_all(chosen, MASTER_CMD)
    return {scenario.name: future for scenario, future in zip(chosen, futures, strict=True)}
