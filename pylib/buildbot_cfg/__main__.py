# SPDX-License-Identifier: MIT
"""The command ``kilnbot`` of the wheel; ``python -m buildbot_cfg`` does the same."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command line in ``sys.argv``; the exit status."""
    from buildbot_cfg import _core  # C++: its errors are told before any of ours is imported

    status: int = _core.main(sys.argv)
    return status


if __name__ == "__main__":
    sys.exit(main())
