# SPDX-License-Identifier: MIT
# The C++ part; buildbot_cfg/_bases.py has the types of what others derive from.
from typing import Any

def __getattr__(name: str) -> Any: ...
