"""telemetry.db: sums of the journals, and how far each journal was read, in one SQLite file.

Sums and cursors change in one transaction, so every record counts exactly once, whenever the process ends. The file
is written by one thread; readers have connections of their own.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeAlias

from .quantiles import merge_sketches, render_sketch

SCHEMA = 1
"""Raised when an older Ingate would misread the file."""
BUSY_SECONDS = 10.0

DIMENSIONS = (
    "resource_id",
    "resource",
    "location",
    "deployment",
    "model",
    "model_version",
    "operation",
    "status",
    "outcome",
    "streaming",
    "service_tier",
)
"""What a series is told from others by. Empty where a record does not say."""
SUMS = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_search_requests",
    "request_bytes",
    "response_bytes",
)
MEASURES = ("duration", "response", "first_token", "normalized_first_token", "between_tokens", "tokens_per_second")
"""Of each: how many values there were (`_count`), their sum, the least and the greatest."""
SKETCHES = ("duration_sketch", "first_token_sketch")

COST_KEY = (
    "day",
    "resource_id",
    "deployment",
    "model",
    "model_version",
    "deployment_type",
    "location",
    "principal_id",
    "price",
)
COST_QUANTITIES = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_search_requests",
)
COSTS = (
    "input_cost",
    "output_cost",
    "cache_read_cost",
    "cache_write_5m_cost",
    "cache_write_1h_cost",
    "web_search_cost",
)
"""In 1e-12 US dollars, as text: whole numbers of any size, to which SQLite's own do not reach."""

Value: TypeAlias = str | int | float | bytes | None
Series: TypeAlias = tuple[Value, ...]
"""A value for each of DIMENSIONS."""

_MEASURE_COLUMNS = tuple(f"{name}_{part}" for name in MEASURES for part in ("count", "sum", "min", "max"))
ROLLUP_COLUMNS = (*SUMS, *_MEASURE_COLUMNS, *SKETCHES)


class TelemetryUnusable(Exception):
    """telemetry.db is of a later Ingate, or is no database. The text is for the user."""


class RollupStore:
    """The one writer."""

    def __init__(self, path: Path) -> None:
        """Makes the file when it is missing, for its owner only. Raises TelemetryUnusable, OSError."""
        self.path = path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        try:
            self._connection = _connect(path)
            _prepare(self._connection)
        except sqlite3.DatabaseError as error:
            raise TelemetryUnusable(f"{path} cannot be used: {error}") from error
        self._series_ids: dict[Series, int] = {}

    def close(self) -> None:
        self._connection.close()

    def get_cursors(self) -> dict[str, int]:
        return dict(self._connection.execute("SELECT journal, position FROM cursors"))

    def add(
        self,
        *,
        minutes: Mapping[tuple[int, Series], Sequence[Value]],
        costs: Mapping[tuple[Value, ...], Sequence[Value]],
        cursors: Mapping[str, int],
        damaged_lines: int = 0,
    ) -> None:
        """All of it, or nothing. `minutes` has ROLLUP_COLUMNS by minute (since 1970) and series; `costs` has
        COST_QUANTITIES and COSTS by COST_KEY. Raises sqlite3.Error."""
        known = dict(self._series_ids)
        with _transaction(self._connection) as connection:
            rows = [
                (minute, _put_series(connection, known, series), *row) for (minute, series), row in minutes.items()
            ]
            connection.executemany(_ADD_MINUTE, rows)
            connection.executemany(_ADD_TOTAL, [row[1:] for row in rows])
            connection.executemany(_ADD_COST, [(*key, *row) for key, row in costs.items()])
            connection.execute(
                "DELETE FROM cursors WHERE journal NOT IN (SELECT value FROM json_each(?))", [json.dumps([*cursors])]
            )
            connection.executemany(
                "INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position",
                cursors.items(),
            )
            if damaged_lines:
                connection.execute("UPDATE facts SET value = value + ? WHERE name = 'damaged_lines'", [damaged_lines])
        self._series_ids = known

    def forget(self, *, minutes_before: int, days_before: int) -> None:
        """What is older than its retention. The disk gets the room back; totals stay. Raises sqlite3.Error."""
        with _transaction(self._connection) as connection:
            connection.execute("DELETE FROM minutes WHERE minute < ?", [minutes_before])
            connection.execute("DELETE FROM costs WHERE day < ?", [days_before])
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()


@contextmanager
def reading(path: Path) -> Generator[sqlite3.Connection]:
    """A connection that only reads, all of it one moment's state. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"file:{_quote(path)}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection:
        connection.row_factory = sqlite3.Row
        connection.isolation_level = None
        connection.create_aggregate("merge_all", 1, _MergeAll)  # pyright: ignore[reportArgumentType]
        connection.execute("BEGIN")
        yield connection


class _MergeAll:
    def __init__(self) -> None:
        self._sketches: list[bytes] = []

    def step(self, sketch: bytes) -> None:
        self._sketches.append(sketch)

    def finalize(self) -> bytes:
        return render_sketch(merge_sketches(self._sketches))


def _quote(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _connect(path: Path) -> sqlite3.Connection:
    # The thread that follows the journals is not the one that opens this.
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.create_function("merge_sketches", 2, _merge_two, deterministic=True)
    connection.create_function("add_whole", 2, _add_whole, deterministic=True)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    # A journal is deleted once it is counted here, so what is counted has to outlive a power failure.
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _merge_two(left: bytes, right: bytes) -> bytes:
    if not left or not right:
        return left or right
    return render_sketch(merge_sketches((left, right)))


def _add_whole(left: str, right: str) -> str:
    return str(int(left) + int(right))


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA:
        raise TelemetryUnusable(f"the file is of a later version of Ingate (schema {version}, known is {SCHEMA})")
    if version == SCHEMA:
        return
    with _transaction(connection):
        for statement in _SCHEMA_STATEMENTS:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {SCHEMA}")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[sqlite3.Connection]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:  # an interrupt too: half a batch must not stay open
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _put_series(connection: sqlite3.Connection, known: dict[Series, int], series: Series) -> int:
    found = known.get(series)
    if found is None:
        connection.execute(_PUT_SERIES, series)
        (found,) = connection.execute(_FIND_SERIES, series).fetchone()
        known[series] = found
    return found


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _marks(count: int) -> str:
    return _list("?" * count)


def _add_column(table: str, name: str) -> str:
    """How a row that is there takes up another."""
    if name in SKETCHES:
        return f"{name} = merge_sketches({table}.{name}, excluded.{name})"
    if name in COSTS:
        return f"{name} = add_whole({table}.{name}, excluded.{name})"
    if name.endswith(("_min", "_max")):
        choose = name[-3:]
        both = f"coalesce({table}.{name}, excluded.{name}), coalesce(excluded.{name}, {table}.{name})"
        return f"{name} = {choose}({both})"
    return f"{name} = {table}.{name} + excluded.{name}"


def _render_addition(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """SQL of nothing but the names above."""
    return (
        f"INSERT INTO {table} ({_list((*key, *columns))}) VALUES ({_marks(len(key) + len(columns))}) "  # noqa: S608
        f"ON CONFLICT ({_list(key)}) DO UPDATE SET {_list(_add_column(table, name) for name in columns)}"
    )


def _declare(name: str) -> str:
    if name in SKETCHES:
        return f"{name} BLOB NOT NULL"
    if name.endswith(("_min", "_max")):
        return f"{name} REAL"
    if name.endswith("_sum"):
        return f"{name} REAL NOT NULL"
    if name in {"status", "streaming", "day", *SUMS} or name.endswith("_count"):
        return f"{name} INTEGER NOT NULL"
    return f"{name} TEXT NOT NULL"


_PUT_SERIES = f"INSERT OR IGNORE INTO series ({_list(DIMENSIONS)}) VALUES ({_marks(len(DIMENSIONS))})"  # noqa: S608
_FIND_SERIES = f"SELECT series_id FROM series WHERE {' AND '.join(f'{name} = ?' for name in DIMENSIONS)}"  # noqa: S608
_ADD_MINUTE = _render_addition("minutes", ("minute", "series_id"), ROLLUP_COLUMNS)
_ADD_TOTAL = _render_addition("totals", ("series_id",), ROLLUP_COLUMNS)
_ADD_COST = _render_addition("costs", COST_KEY, (*COST_QUANTITIES, *COSTS))

_SCHEMA_STATEMENTS = (
    "CREATE TABLE cursors (journal TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "INSERT INTO facts VALUES ('damaged_lines', 0)",
    f"CREATE TABLE series (series_id INTEGER PRIMARY KEY, {_list(map(_declare, DIMENSIONS))}, "
    f"UNIQUE ({_list(DIMENSIONS)})) STRICT",
    f"CREATE TABLE minutes (minute INTEGER NOT NULL, series_id INTEGER NOT NULL, "
    f"{_list(map(_declare, ROLLUP_COLUMNS))}, PRIMARY KEY (minute, series_id)) STRICT, WITHOUT ROWID",
    f"CREATE TABLE totals (series_id INTEGER PRIMARY KEY, {_list(map(_declare, ROLLUP_COLUMNS))}) STRICT",
    f"CREATE TABLE costs ({_list(map(_declare, (*COST_KEY, *COST_QUANTITIES, *COSTS)))}, "
    f"PRIMARY KEY ({_list(COST_KEY)})) STRICT, WITHOUT ROWID",
)
