"""SQLite: the only file that knows which database this is.

The driver's own idea of transactions loses updates, so it is switched off and every transaction begins with a
statement of ours: BEGIN for readers, which see one snapshot, and BEGIN IMMEDIATE for writers, which then wait for
each other instead of failing in the middle with "database is locked".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

BUSY_TIMEOUT_MILLISECONDS = 10_000
_WRITES = "ingate_writes"


def create_sqlite_engine(path: Path) -> AsyncEngine:
    """An engine over the database file, which is created for its owner alone."""
    _create_private_file(path)
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)))
    event.listen(engine.sync_engine, "connect", _prepare_connection)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def as_writer(engine: AsyncEngine) -> AsyncEngine:
    """The same engine, for transactions that write."""
    return engine.execution_options(**{_WRITES: True})


def _create_private_file(path: Path) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _prepare_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=wal",
        f"busy_timeout={BUSY_TIMEOUT_MILLISECONDS}",
        "foreign_keys=on",
        "synchronous=full",
        "secure_delete=on",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
