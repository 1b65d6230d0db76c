"""A scalar expression while it is compiled: its SQL, its type, and its value where that is known already."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingate.kql.rendering import render_constant
from ingate.kql.result import KqlType
from ingate.kql.syntax.tree import Constant

NUMERIC: frozenset[KqlType] = frozenset({"int", "long", "real", "decimal"})
INTEGRAL: frozenset[KqlType] = frozenset({"int", "long"})


@dataclass(frozen=True, slots=True)
class Known:
    """A value known while compiling. Wrapped, since None is a value, too."""

    value: Constant


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """`filter_sql`, where given, is true for the same rows as `sql` but may be null for others: what a WHERE takes,
    so
    that plain comparisons reach Parquet's statistics and bloom filters."""

    sql: str
    type: KqlType
    at: int
    may_be_null: bool = True
    known: Known | None = None
    filter_sql: str | None = None

    def placed(self, at: int) -> Value:
        return replace(self, at=at)

    @property
    def is_null(self) -> bool:
        return self.known is not None and self.known.value is None


def constant(kql_type: KqlType, value: Constant, at: int) -> Value:
    return Value(
        sql=render_constant(kql_type, value),
        type=kql_type,
        at=at,
        may_be_null=value is None and kql_type != "string",
        known=Known(value),
    )


def text_of(value: Value) -> str:
    """A string's SQL that is never null: Kusto's strings have no null, and DuckDB's missing ones count as empty."""
    return f"coalesce({value.sql}, '')" if value.may_be_null else value.sql
