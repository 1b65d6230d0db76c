"""What names mean at one place of a query, and the compilation that the place is part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from ingate.kql.refusal import too_complex
from ingate.kql.result import Answer, Render, Schema, TimeRange
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Expression, Function

WORK_LIMIT = 20_000
"""Nodes compiled for one query. Functions are expanded where they are called, so a short text can mean a long
query."""


EXPRESSION_LIMIT = 100_000
"""Characters of SQL of one expression: `x + x`, in a function that is applied to itself, doubles with each step."""
TABLE_LIMIT = 1_000_000
"""Characters of SQL of one table expression."""


class PreliminaryNeeded(Exception):
    """Raised where a column list depends on data: `sql` must be answered first."""

    def __init__(self, sql: str, row_limit: int) -> None:
        super().__init__(sql)
        self.sql = sql
        self.row_limit = row_limit


class CompileScalar(Protocol):
    def __call__(self, node: Expression, scope: Scope) -> Value: ...


class CompileTable(Protocol):
    def __call__(self, node: Expression, scope: Scope) -> Relation: ...


@dataclass(slots=True, kw_only=True)
class Compilation:
    """One run of the compiler: what it was given, and what it has gathered.

    `below`: columns that a window function needs one SELECT further in, by name and SQL; the operator takes them
    away.
    """

    schema: Schema
    now: datetime
    time_range: TimeRange | None
    answers: tuple[Answer, ...]
    scalar: CompileScalar
    table: CompileTable
    below: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    far_below: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    shared: list[str] = field(default_factory=list[str])
    tables: set[str] = field(default_factory=set[str])
    answers_used: int = 0
    render: Render | None = None
    _names: int = 0
    _work: int = 0

    def new_name(self, letter: str = "c") -> str:
        self._names += 1
        return f"{letter}{self._names}"

    def count_work(self, at: int) -> None:
        self._work += 1
        if self._work > WORK_LIMIT:
            raise too_complex("The query means more than this compiler expands", at)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetFunction:
    """A function, with the scope that it was written in."""

    function: Function
    scope: Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class LetTable:
    relation: Relation


Binding = Value | LetFunction | LetTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`row` has the columns that names mean; `left` and `right` are a join's; `place` begins its error messages.

    `aggregating`: aggregates are allowed here, over the rows of `row`.
    """

    compilation: Compilation
    names: Mapping[str, Binding]
    row: Relation | None = None
    left: Relation | None = None
    right: Relation | None = None
    aggregating: bool = False
    windows: bool = False
    place: str = ""
    depth: int = 0

    def over(self, row: Relation | None, place: str) -> Scope:
        return replace(self, row=row, place=place, aggregating=False, windows=False)

    def within(self, *, aggregating: bool = False, windows: bool = False) -> Scope:
        return replace(self, aggregating=aggregating, windows=windows)

    def binding(self, name: str, value: Binding) -> Scope:
        return replace(self, names={**self.names, name: value})

    def scalar(self, node: Expression) -> Value:
        self.compilation.count_work(node.at)
        value = self.compilation.scalar(node, self)
        if len(value.sql) > EXPRESSION_LIMIT:
            raise too_complex("An expression that becomes too long", node.at)
        return value

    def table(self, node: Expression) -> Relation:
        self.compilation.count_work(node.at)
        relation = self.compilation.table(node, self)
        if len(relation.source) > TABLE_LIMIT:
            raise too_complex("A table expression that becomes too long", node.at)
        return relation

    def said(self, message: str) -> str:
        """A message as Log Analytics words it: the operator first."""
        return f"'{self.place}' operator: {message}" if self.place else message
