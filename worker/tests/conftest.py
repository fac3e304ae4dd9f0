# SPDX-License-Identifier: MIT
"""What the worker's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Runs commands in a base directory, without a master."""
    return Bench(tmp_path)
