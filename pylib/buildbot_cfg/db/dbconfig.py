# SPDX-License-Identifier: MIT
"""Values in the database that a configuration uses while it is loaded."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report

_CLASS = "DbConfig"


class DbConfig(metaclass=Declared):
    """Values that outlive the configuration; only with an SQLite database.

    Args:
        BuildmasterConfig: the configuration; its "db" or "db_url" says where the database is.
        basedir: the master's base directory.
        name: what the values belong to.

    Example:
        >>> DbConfig({"db_url": "sqlite:///no-such-file.sqlite"}, "/tmp").get("x", "nothing")
        'nothing'
    """

    def __init__(
        self, BuildmasterConfig: dict[str, Any], basedir: str, name: str = "config"
    ) -> None:
        url = BuildmasterConfig.get("db_url")
        if "db" in BuildmasterConfig:
            url = BuildmasterConfig["db"].get("db_url")
        self.db_url = url or "sqlite:///state.sqlite"
        self.basedir, self.name = basedir, name
        if not isinstance(self.db_url, str) or not self.db_url.startswith("sqlite:///"):
            report("DbConfig is possible only with an SQLite database in this version", "DbConfig")

    def _path(self) -> Path:
        given = self.db_url.removeprefix("sqlite:///").replace("%(basedir)s", self.basedir)
        return Path(self.basedir, given)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or the default when it was never set."""
        if not self._path().exists():
            return default
        question = (
            "SELECT value_json FROM object_state JOIN objects ON objects.id = objectid "
            "WHERE objects.name = ? AND class_name = ? AND object_state.name = ?"
        )
        with closing(sqlite3.connect(self._path())) as database:
            try:
                row = database.execute(question, (self.name, _CLASS, name)).fetchone()
            except sqlite3.OperationalError:
                return default  # no tables yet: the master has never run
        return default if row is None else json.loads(row[0])

    def set(self, name: str, value: Any) -> None:
        """Sets a value, which must be plain data.

        Raises:
            RuntimeError: there is no database yet.
        """
        if not self._path().exists():
            raise RuntimeError(f"there is no database {self._path()}: start the master first")
        with closing(sqlite3.connect(self._path())) as database, database:
            row = (self.name, _CLASS)
            database.execute(
                "INSERT INTO objects (name, class_name) SELECT ?, ? WHERE NOT EXISTS "
                "(SELECT 1 FROM objects WHERE name = ? AND class_name = ?)", row * 2,
            )  # fmt: skip
            (objectid,) = database.execute(
                "SELECT id FROM objects WHERE name = ? AND class_name = ?", row
            ).fetchone()
            database.execute(
                "DELETE FROM object_state WHERE objectid = ? AND name = ?", (objectid, name)
            )
            database.execute(
                "INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?)",
                (objectid, name, json.dumps(value)),
            )
