"""What people use who keep logs themselves: SQLite, and grep over files of JSON lines."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from ingate.domain.exchange import ExchangeRecord
from ingate.telemetry.journal import Journal
from ingate.telemetry.journal_reader import list_journals

TABLE = """PRAGMA journal_mode=wal;
CREATE TABLE requests (time REAL, id TEXT, deployment TEXT, status INT, ms REAL, input INT, output INT, record TEXT);
CREATE INDEX by_time ON requests (time);
CREATE INDEX by_id ON requests (id);"""
HOURLY = """SELECT deployment, hour, max(ms) FROM (
  SELECT deployment, CAST(time / 3600 AS INT) AS hour, ms,
    percent_rank() OVER (PARTITION BY deployment, CAST(time / 3600 AS INT) ORDER BY ms) AS rank FROM requests)
WHERE rank <= 0.95 GROUP BY 1, 2"""
ERRORS = "SELECT record FROM requests WHERE status >= 400 ORDER BY time DESC LIMIT 100"
BY_ID = "SELECT record FROM requests WHERE id = ?"


def measure_beside(records: Sequence[ExchangeRecord], folder: Path) -> Iterator[str]:
    """Lines of a report."""
    wanted = records[len(records) // 2].request_id
    database = sqlite3.connect(folder / "logs.db", isolation_level=None)
    took = fill_database(database, records)
    size = (folder / "logs.db").stat().st_size / 1024**2
    yield f"SQLite: {len(records) / took:,.0f} rows/s, {size:.0f} MiB"
    yield f"  p95 by deployment by hour {time_best(lambda: database.execute(HOURLY).fetchall()):8.1f} ms"
    yield f"  last 100 errors           {time_best(lambda: database.execute(ERRORS).fetchall()):8.1f} ms"
    yield f"  one call by its id        {time_best(lambda: database.execute(BY_ID, (wanted,)).fetchall()):8.1f} ms"
    journals = write_journals(folder, records)
    size = sum(path.stat().st_size for path in journals) / 1024**2
    command = ["grep", "-h", wanted, *map(str, journals)]
    yield f"journals alone: {size:.0f} MiB"
    took_ms = time_best(lambda: subprocess.run(command, check=True, capture_output=True))
    yield f"  grep for one call's id    {took_ms:8.1f} ms"


def fill_database(database: sqlite3.Connection, records: Sequence[ExchangeRecord]) -> float:
    """In seconds."""
    database.executescript(TABLE)
    began = time.perf_counter()
    rows = iter(records)
    while batch := list(islice(rows, 1000)):
        database.execute("BEGIN")
        database.executemany("INSERT INTO requests VALUES (?,?,?,?,?,?,?,?)", map(make_row, batch))
        database.execute("COMMIT")
    return time.perf_counter() - began


def make_row(record: ExchangeRecord) -> tuple[object, ...]:
    usage = record.usage
    tokens = (None, None) if usage is None else (usage.input_tokens, usage.output_tokens)
    whole = msgspec.json.encode(record).decode()
    return record.time, record.request_id, record.deployment, record.status, record.duration_ms, *tokens, whole


def write_journals(folder: Path, records: Sequence[ExchangeRecord]) -> list[Path]:
    journal = Journal(folder / "journal", worker=0, wall_clock=lambda: records[0].time)
    for record in records:
        journal.append(record)
    journal.close()
    return list_journals(folder)


def time_best(call: Callable[[], object]) -> float:
    """Of five, in milliseconds."""
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times) * 1000
