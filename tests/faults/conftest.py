# SPDX-License-Identifier: MIT
"""Runs the chosen combinations several at once; each test waits for its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "integration"))

JOBS = int(os.environ.get("KILN_FAULT_JOBS", "3"))
FULL = os.environ.get("KILN_FAULTS") == "full"
ran = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ran] = []


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """The chosen combinations, begun already."""
    chosen: dict[str, Any] = {
        str(item.callspec.params["combination"]): item.callspec.params["combination"]
        for item in request.session.items
        if "outcomes" in getattr(item, "fixturenames", ())
    }
    with ThreadPoolExecutor(JOBS) as pool:
        yield {
            name: pool.submit(combination.run, tmp_path_factory.mktemp("faults"))
            for name, combination in chosen.items()
        }
        pool.shutdown(wait=True, cancel_futures=True)


@pytest.fixture
def outcome(request: pytest.FixtureRequest, outcomes: dict[str, Future[None]]) -> Future[None]:
    name = str(request.node.callspec.params["combination"])
    request.config.stash[ran].append(name)
    return outcomes[name]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    terminalreporter.write_line(f"faults: {len(config.stash[ran])} combinations")
