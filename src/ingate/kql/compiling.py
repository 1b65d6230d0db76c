"""The door: query text in, one SELECT for DuckDB out, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from ingate.kql.refusal import Refused
from ingate.kql.rendering import quote_name
from ingate.kql.result import (
    Answer,
    Column,
    CompiledQuery,
    ErrorCode,
    KqlError,
    PreliminaryQuery,
    Schema,
    TimeRange,
)
from ingate.kql.semantics.binding import scope_of
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scalars import compile_scalar
from ingate.kql.semantics.scope import Compilation, PreliminaryNeeded, Scope
from ingate.kql.semantics.tables import compile_table
from ingate.kql.syntax.parsing import parse_query

Compiled: TypeAlias = CompiledQuery | PreliminaryQuery | KqlError


def compile_query(
    text: str,
    *,
    schema: Schema,
    now: datetime,
    time_range: TimeRange | None,
    answers: Sequence[Answer] = (),
) -> Compiled:
    """Every text has an answer; nothing is raised for what a query says.

    `now` is the value of `now()`, in UTC. With `time_range`, every table that has a TimeGenerated is cut to it, as
    Log
    Analytics does with its `timespan`. `answers` are those of the preliminary queries that came before, in their
    order.
    """
    compilation = Compilation(
        schema=schema,
        now=_naive(now),
        time_range=_naive_range(time_range),
        answers=tuple(answers),
        scalar=compile_scalar,
        table=compile_table,
    )
    try:
        return _compile(text, compilation)
    except PreliminaryNeeded as needed:
        sql = _with_shared(compilation, needed.sql)
        return PreliminaryQuery(sql=sql, tables=frozenset(compilation.tables), row_limit=needed.row_limit)
    except Refused as refused:
        return _error(text, refused.code, refused.message, refused.at)
    except RecursionError:
        return _error(text, "TooComplex", "The query is nested too deeply", 0)


def _compile(text: str, compilation: Compilation) -> CompiledQuery:
    query = parse_query(text)
    scope = scope_of(query, Scope(compilation=compilation, names={}))
    relation = scope.table(query.result)
    return CompiledQuery(
        sql=_with_shared(compilation, _final_select(relation)),
        columns=tuple(Column(name=field.name, type=field.type) for field in relation.fields),
        tables=frozenset(compilation.tables),
        render=compilation.render,
    )


def _final_select(relation: Relation) -> str:
    columns = [
        f"{f'coalesce({field.sql}, {chr(39) * 2})' if field.type == 'string' and field.may_be_null else field.sql}"
        f" AS {quote_name(field.name)}"
        for field in relation.fields
    ]
    order = f"ORDER BY {relation.render_order()}" if relation.order else ""
    return relation.render_select(columns, order)


def _with_shared(compilation: Compilation, sql: str) -> str:
    return f"WITH {', '.join(compilation.shared)} {sql}" if compilation.shared else sql


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo is not None else moment


def _naive_range(time_range: TimeRange | None) -> TimeRange | None:
    if time_range is None:
        return None
    return TimeRange(start=_naive(time_range.start), end=_naive(time_range.end))


def _error(text: str, code: ErrorCode, message: str, at: int) -> KqlError:
    at = min(max(at, 0), len(text))
    line_start = text.rfind("\n", 0, at) + 1
    token = text[at : at + 40].split("\n", 1)[0]
    found = token.split() if token else []
    return KqlError(
        code=code,
        message=message,
        line=text.count("\n", 0, at) + 1,
        column=at - line_start + 1,
        token=found[0] if found else "",
    )
