# SPDX-License-Identifier: MIT
"""``master.db.pool``: SQL of user code, on connections of its own, by way of SQLAlchemy."""

from __future__ import annotations

import asyncio
import importlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from buildbot_cfg import _bridge
from buildbot_cfg._tasks import started

#: How long a transaction waits for the lock that another one holds.
_PATIENCE_S = 5.0

_MISSING = "master.db.pool and master.db.model need SQLAlchemy: pip install sqlalchemy"


def _sqlalchemy() -> Any:
    try:
        return importlib.import_module("sqlalchemy")
    except ModuleNotFoundError as error:
        raise RuntimeError(_MISSING) from error


class DBThreadPool:
    """Runs functions with a connection, in threads.

    They run beside the master, which waits for their locks as they wait for its. A function that
    finds the database locked is called again, for five seconds. Nothing is stored without
    ``commit()``, except by ``do_with_transaction``.
    """

    def __init__(self) -> None:
        self._url = ""
        self._basedir = ""
        self._engine: Any = None
        self._lock = threading.Lock()
        self._has_written = False

    def configured(self, url: str, basedir: str) -> None:
        """Takes the database's place."""
        if (url, basedir) != (self._url, self._basedir):
            self._url, self._basedir = url, basedir
            self.close()

    def close(self) -> None:
        """Gives its connections up."""
        with self._lock:
            engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    @property
    def engine(self) -> Any:
        """SQLAlchemy's engine for the master's database."""
        with self._lock:
            if self._engine is None:
                self._engine = self._made()
            return self._engine

    def _made(self) -> Any:
        sa = _sqlalchemy()
        url = sa.engine.make_url(self._url)
        if url.get_backend_name() != "sqlite":
            patience = f"-c lock_timeout={int(_PATIENCE_S * 1000)}"
            engine = sa.create_engine(url, connect_args={"options": patience})
        else:
            if url.database in (None, "", ":memory:"):
                raise RuntimeError("a database in memory cannot be shared with master.db.pool")
            directory = Path(self._basedir)
            path = directory / str(url.database).replace("%(basedir)s", str(directory))
            place = sa.engine.URL.create("sqlite", database=os.fspath(path))
            engine = sa.create_engine(place, connect_args={"timeout": _PATIENCE_S})
        sa.event.listen(engine, "commit", self._wrote)
        return engine

    def _wrote(self, connection: Any) -> None:
        self._has_written = True

    @started
    async def do(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What ``callable(connection, *args, **kwargs)`` returns; it commits what it writes."""
        return await self._run(_with_connection, callable, args, kwargs)

    @started
    async def do_with_transaction(
        self, callable: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """The same, committed when it returns."""
        return await self._run(_with_transaction, callable, args, kwargs)

    @started
    async def do_with_engine(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What ``callable(engine, *args, **kwargs)`` returns."""
        return await self._run(_with_engine, callable, args, kwargs)

    async def _run(self, how: Callable[..., Any], callable: Any, args: Any, kwargs: Any) -> Any:
        try:
            return await asyncio.to_thread(self._patiently, how, callable, args, kwargs)
        finally:
            master = _bridge.live_master()
            if self._has_written and master is not None:
                self._has_written = False
                await master.reload()

    def _patiently(self, how: Callable[..., Any], callable: Any, args: Any, kwargs: Any) -> Any:
        engine = self.engine
        locked = _sqlalchemy().exc.OperationalError
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                result = how(engine, callable, args, kwargs)
            except locked as error:
                if "database is locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.05)
                continue
            if isinstance(result, _sqlalchemy().engine.Result):
                raise AssertionError("do not return ResultProxy objects!")
            return result


def _with_connection(engine: Any, callable: Any, args: Any, kwargs: Any) -> Any:
    with engine.connect() as connection:
        return callable(connection, *args, **kwargs)


def _with_transaction(engine: Any, callable: Any, args: Any, kwargs: Any) -> Any:
    with engine.connect() as connection:
        result = callable(connection, *args, **kwargs)
        connection.commit()
        return result


def _with_engine(engine: Any, callable: Any, args: Any, kwargs: Any) -> Any:
    return callable(engine, *args, **kwargs)


class Model:
    """``master.db.model``: the tables, as SQLAlchemy's Table objects, read from the database.

    Args:
        pool: whose database it is.
    """

    def __init__(self, pool: DBThreadPool) -> None:
        self._pool = pool
        self._metadata: Any = None
        self._reading = threading.Lock()

    @property
    def metadata(self) -> Any:
        """SQLAlchemy's MetaData with all tables."""
        with self._reading:
            if self._metadata is None:
                metadata = _sqlalchemy().MetaData()
                metadata.reflect(bind=self._pool.engine, only=lambda name, _: _is_shared(name))
                self._metadata = metadata
            return self._metadata

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        tables = self.metadata.tables
        if name not in tables:
            raise AttributeError(f"the database has no table {name!r}", name=name)
        return tables[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.metadata.tables]


def _is_shared(table: str) -> bool:
    return not table.startswith(("kiln_", "sqlite_", "alembic_"))
