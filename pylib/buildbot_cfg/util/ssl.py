# SPDX-License-Identifier: MIT
"""Whether encryption is possible."""

from __future__ import annotations

import importlib.util
from typing import Any

from buildbot_cfg._errors import report

has_ssl = importlib.util.find_spec("OpenSSL") is not None


def ensureHasSSL(module: str) -> None:
    """Reports that the Python package pyOpenSSL is missing."""
    if not has_ssl:
        report(f"TLS dependencies required for {module} are not installed: pip install pyOpenSSL")


def skipUnless(f: Any) -> Any:
    """The test, for test programs that need encryption."""
    import unittest

    return unittest.skipUnless(has_ssl, "TLS dependencies required")(f)
