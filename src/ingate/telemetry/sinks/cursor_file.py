"""sinks.db: how far each sink has come, and what it has sent. A place is noted after what lies before it was taken,
so whatever was on its way when the process ended is sent again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ingate.telemetry.rollup_store import TelemetryUnusable

SCHEMA = 1
_TABLE = """CREATE TABLE sinks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, since REAL NOT NULL,
  journals TEXT NOT NULL DEFAULT '{}', audit TEXT NOT NULL DEFAULT '{}',
  metric_minute INTEGER NOT NULL DEFAULT 0,
  delivered INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0) STRICT"""


class SinksUnusable(TelemetryUnusable):
    """sinks.db is of a later Ingate, or is no database. The text is for the user."""


class AuditPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """Events reach the trail a little after the time they bear, so the last minute is looked at again."""

    until: float = 0.0
    """Everything before is done with: seconds since 1970."""
    sent: tuple[str, ...] = ()
    """Ids of later events that were sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkPlace:
    sink_id: int
    """A sink that is made anew under a name gets another one."""
    name: str
    since: float
    """Nothing older is sent: seconds since 1970."""
    journals: Mapping[str, int]
    """Bytes that are done with, by the journal's file name."""
    audit: AuditPlace
    metric_minute: int
    """Since 1970: the first that is not done with. 0: none is."""
    delivered: int
    dropped: int
    """Events, both."""


class CursorFile:
    """For any number of threads, each with sinks of its own."""

    def __init__(self, path: Path) -> None:
        """Makes the file when it is missing, for its owner only. Raises SinksUnusable, OSError."""
        self._lock = threading.Lock()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        try:
            self._connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL").fetchall()
            # A place lost with the power costs a repetition, never an event.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            raise SinksUnusable(f"{path} cannot be used: {error}") from error

    def _prepare(self, path: Path) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            raise SinksUnusable(f"{path} is of a later version of Ingate (schema {version}, known is {SCHEMA})")
        if version < SCHEMA:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(_TABLE)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA}")
            self._connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def open_place(self, name: str, *, since: float) -> SinkPlace:
        """The one that is there, or else one from `since` on. Raises sqlite3.Error."""
        with self._lock:
            self._connection.execute("INSERT OR IGNORE INTO sinks (name, since) VALUES (?, ?)", [name, since])
            row = self._connection.execute(
                "SELECT id, since, journals, audit, metric_minute, delivered, dropped FROM sinks WHERE name = ?",
                [name],
            ).fetchone()
        sink_id, since, journals, audit, metric_minute, delivered, dropped = row
        return SinkPlace(
            sink_id=sink_id,
            name=name,
            since=since,
            journals=msgspec.json.decode(journals, type=dict[str, int]),
            audit=msgspec.json.decode(audit, type=AuditPlace),
            metric_minute=metric_minute,
            delivered=delivered,
            dropped=dropped,
        )

    def save(self, place: SinkPlace) -> None:
        """Nothing happens when its sink is gone. Raises sqlite3.Error."""
        journals = msgspec.json.encode(place.journals).decode()
        audit = msgspec.json.encode(place.audit).decode()
        with self._lock:
            self._connection.execute(
                "UPDATE sinks SET journals = ?, audit = ?, metric_minute = ?, delivered = ?, dropped = ? "
                "WHERE id = ?",
                [journals, audit, place.metric_minute, place.delivered, place.dropped, place.sink_id],
            )

    def keep_only(self, names: frozenset[str]) -> None:
        """Forgets the others. Raises sqlite3.Error."""
        kept = msgspec.json.encode(sorted(names)).decode()
        with self._lock:
            self._connection.execute("DELETE FROM sinks WHERE name NOT IN (SELECT value FROM json_each(?))", [kept])
