# SPDX-License-Identifier: MIT
"""``python -m kilnbot_worker`` is the command ``kilnbot-worker``."""

import sys

from kilnbot_worker.cli import main

if __name__ == "__main__":
    sys.exit(main())
