"""Runs KQL on DuckDB over two small tables, preliminary queries included."""

# ruff: noqa: DTZ001 - DuckDB's timestamps have no zone, and are UTC

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from ingate.kql.compiling import compile_query
from ingate.kql.result import Answer, Column, CompiledQuery, KqlError, KqlType, PreliminaryQuery, Schema, TimeRange

NOW = datetime(2026, 1, 2, 12)

_REQUESTS: dict[str, KqlType] = {
    "TimeGenerated": "datetime",
    "Id": "string",
    "Deployment": "string",
    "Status": "int",
    "Tokens": "long",
    "Latency": "real",
    "Streaming": "bool",
    "Took": "timespan",
    "Properties": "dynamic",
}
_OWNERS: dict[str, KqlType] = {"Deployment": "string", "Owner": "string", "Tokens": "string"}

SCHEMA: Schema = {
    "Requests": tuple(Column(name=name, type=kind) for name, kind in _REQUESTS.items()),
    "Owners": tuple(Column(name=name, type=kind) for name, kind in _OWNERS.items()),
}

_TABLES = """
CREATE TABLE Requests (TimeGenerated TIMESTAMP, Id VARCHAR, Deployment VARCHAR, Status INTEGER, Tokens BIGINT,
    Latency DOUBLE, Streaming BOOLEAN, Took BIGINT, Properties JSON);
INSERT INTO Requests VALUES
 ('2026-01-01 00:10:00', 'req-1', 'opus', 200, 10, 1.5, true, 10000000, '{"a":{"b":[1,2,"x"]},"k":5,"tag":"blue"}'),
 ('2026-01-01 00:50:00', 'req-2', 'Sonnet', 429, 20, 2.5, false, 20000000, '{"a":"s","k":null,"tag":"red"}'),
 ('2026-01-01 01:30:00', 'req_3', 'opus-fast', 500, 30, NULL, NULL, NULL, NULL),
 ('2026-01-02 00:00:00', 'req-4', NULL, 200, 40, 4.0, true, 864000000000, '[1,2,3]');
CREATE TABLE Owners (Deployment VARCHAR, Owner VARCHAR, Tokens VARCHAR);
INSERT INTO Owners VALUES ('opus', 'ann', 'a'), ('opus', 'bob', 'b'), ('haiku', 'cy', 'c'), (NULL, 'nobody', 'd');
"""

Rows = list[tuple[Any, ...]]


class KqlRunner:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def compile(self, text: str, *, time_range: TimeRange | None = None) -> CompiledQuery | KqlError:
        answers: tuple[Answer, ...] = ()
        while True:
            compiled = compile_query(text, schema=SCHEMA, now=NOW, time_range=time_range, answers=answers)
            if not isinstance(compiled, PreliminaryQuery):
                return compiled
            rows = self.connection.execute(compiled.sql).fetchall()
            answers = (*answers, tuple(tuple(str(cell) for cell in row) for row in rows))

    def rows(self, text: str, *, time_range: TimeRange | None = None) -> Rows:
        compiled = self.compile(text, time_range=time_range)
        assert isinstance(compiled, CompiledQuery), compiled
        dynamic = [column.type == "dynamic" for column in compiled.columns]
        return [
            tuple(
                json.loads(cell) if is_json and cell is not None else cell
                for cell, is_json in zip(row, dynamic, strict=True)
            )
            for row in self.connection.execute(compiled.sql).fetchall()
        ]

    def columns(self, text: str) -> list[str]:
        compiled = self.compile(text)
        assert isinstance(compiled, CompiledQuery), compiled
        return [column.name for column in compiled.columns]

    def value(self, expression: str) -> Any:
        """What `print` answers for one expression."""
        (row,) = self.rows(f"print {expression}")
        return row[0]

    def error(self, text: str) -> KqlError:
        compiled = self.compile(text)
        assert isinstance(compiled, KqlError), compiled
        return compiled


@pytest.fixture(scope="session")
def kql() -> Iterator[KqlRunner]:
    connection = duckdb.connect()
    connection.execute(_TABLES)
    yield KqlRunner(connection)
    connection.close()
