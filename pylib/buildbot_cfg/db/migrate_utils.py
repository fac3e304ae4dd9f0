# SPDX-License-Identifier: MIT
"""Checks of a database."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["test_unicode"]

_TEXT = "Frosty the \N{SNOWMAN}"
_DATA = bytes(range(256))


def test_unicode(migrate_engine: Any) -> None:
    """Whether the database keeps texts and bytes as they are.

    Args:
        migrate_engine: an engine of SQLAlchemy.

    Raises:
        RuntimeError: it does not.
    """
    sqlalchemy = importlib.import_module("sqlalchemy")
    table = sqlalchemy.Table(
        "test_unicode",
        sqlalchemy.MetaData(),
        sqlalchemy.Column("u", sqlalchemy.Unicode(length=100)),
        sqlalchemy.Column("b", sqlalchemy.LargeBinary),
    )
    table.create(bind=migrate_engine)
    try:
        with migrate_engine.begin() as connection:
            connection.execute(table.insert().values(u=_TEXT, b=_DATA))
            kept = tuple(connection.execute(sqlalchemy.select(table)).one())
    finally:
        table.drop(bind=migrate_engine)
    if kept != (_TEXT, _DATA):
        raise RuntimeError(f"the database does not keep texts as they are: {kept!r}")
