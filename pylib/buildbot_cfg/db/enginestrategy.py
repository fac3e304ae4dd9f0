# SPDX-License-Identifier: MIT
"""SQLAlchemy engines for a database's URL."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

__all__ = ["create_engine"]


def create_engine(name_or_url: str, basedir: str = "", **kwargs: Any) -> Any:
    """An engine.

    Args:
        name_or_url: the URL; a file of SQLite is relative to ``basedir``.
        basedir: the master's directory.
        kwargs: arguments of ``sqlalchemy.create_engine``.
    """
    sqlalchemy = importlib.import_module("sqlalchemy")
    url = sqlalchemy.engine.make_url(name_or_url)
    if url.drivername.startswith("sqlite") and url.database not in (None, "", ":memory:"):
        url = url.set(database=str(Path(basedir, url.database)))
    return sqlalchemy.create_engine(url, **kwargs)
