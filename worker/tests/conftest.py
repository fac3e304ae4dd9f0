# SPDX-License-Identifier: MIT
"""What the worker's tests share."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from support import Bench

# A job in a shell's background inherits an ignored SIGINT, and its programs could not trap it. The worker itself has a
# handler, so that its programs begin with the default.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Runs commands in a base directory, without a master."""
    return Bench(tmp_path)
