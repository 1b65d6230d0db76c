"""What goes into the compiler and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

KqlType = Literal["bool", "datetime", "dynamic", "guid", "int", "long", "real", "string", "timespan", "decimal"]
"""In DuckDB: BOOLEAN, TIMESTAMP (UTC, without zone), JSON, VARCHAR, INTEGER, BIGINT, DOUBLE, VARCHAR, BIGINT (ticks
of
100 ns) and DECIMAL(38, 12)."""

ErrorCode = Literal["SyntaxError", "SemanticError", "NotSupported", "TooComplex"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    name: str
    type: KqlType


Schema = Mapping[str, tuple[Column, ...]]
"""The tables that a query may name, each a table or view of that very name in DuckDB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """Rows with `start <= TimeGenerated < end`. Both in UTC; without a zone is taken as UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """How the query asks to be shown; passed on, never acted on."""

    kind: str
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    """One SELECT statement, its parameters (all literals are in the text, so: none), and the columns it answers
    with."""

    sql: str
    columns: tuple[Column, ...]
    tables: frozenset[str]
    parameters: tuple[object, ...] = ()
    render: Render | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreliminaryQuery:
    """What must be known before the query has columns: `pivot` and `bag_unpack` take theirs from the data.

    Run `sql`, append its rows (tuples of strings) to the `answers` of `compile_query`, and compile again. At most
    `row_limit` rows are needed; the compiler refuses the query when it gets more.
    """

    sql: str
    tables: frozenset[str]
    row_limit: int
    parameters: tuple[object, ...] = ()


Answer = tuple[tuple[str, ...], ...]
"""The rows of one preliminary query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KqlError:
    """Why a query is refused. `line` and `column` count from 1; `token` is the text found there."""

    code: ErrorCode
    message: str
    line: int
    column: int
    token: str
