# SPDX-License-Identifier: MIT
"""The environment of a program, from the worker's own and what the master asks for."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Mapping

_VARIABLE = re.compile(r"\$\{([0-9a-zA-Z_]*)\}")


def child_environment(
    own: Mapping[str, str], wanted: Mapping[str, Any], workdir: str
) -> Dict[str, str]:
    """Raises ValueError when the master asks for something that is no environment."""
    result = dict(own)
    result["PWD"] = os.path.abspath(workdir)
    for key, value in wanted.items():
        key = _name(key)
        if value is None:
            result.pop(key, None)
            continue
        text = _joined(key, value)
        if key == "PYTHONPATH" and own.get(key):
            text += os.pathsep + own[key]
        result[key] = _VARIABLE.sub(lambda match: own.get(match.group(1), ""), text)
    return result


def _name(key: Any) -> str:
    if isinstance(key, bytes):
        key = key.decode("utf-8", "replace")
    if not isinstance(key, str):
        raise ValueError(f"the name of an environment variable must be a string, not {key!r}")
    return key.upper() if os.name == "nt" else key


def _joined(key: str, value: Any) -> str:
    items = value if isinstance(value, (list, tuple)) else [value]
    texts = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
    if not all(isinstance(item, str) for item in texts):
        raise ValueError(
            f"'env' values must be strings or lists of strings; key {key!r} is {value!r}"
        )
    return os.pathsep.join(texts)
