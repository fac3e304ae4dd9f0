# SPDX-License-Identifier: MIT
"""Fixtures of the integration tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from running import Master, Worker, running


@pytest.fixture
def run_master(tmp_path: Path) -> Iterator[Callable[[str], Master]]:
    """Makes and starts a master with one attached worker for the given configuration lines."""
    with ExitStack() as stack:

        def run(config: str) -> Master:
            master = Master(tmp_path).create(config)
            worker = Worker(tmp_path, master.pb)
            stack.enter_context(running(master, worker))
            master.wait_attached()
            return master

        yield run
