"""A table while it is compiled: what stands after FROM, its columns, and in which order its rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingate.kql.result import KqlType
from ingate.kql.semantics.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column. `sql` is its name in SQL, made by us: KQL's names differ by case, DuckDB's do not."""

    name: str
    type: KqlType
    sql: str
    may_be_null: bool = True

    def value(self, at: int) -> Value:
        return Value(sql=self.sql, type=self.type, at=at, may_be_null=self.may_be_null)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKey:
    """A column that is carried along unseen, since `sort by a | project b` must stay sorted."""

    sql: str
    descending: bool
    nulls_first: bool

    def render(self) -> str:
        direction = "DESC" if self.descending else "ASC"
        return f"{self.sql} {direction} NULLS {'FIRST' if self.nulls_first else 'LAST'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """`source` is what FROM takes; `where` are conditions over it that are not rendered yet.

    `numbered`: the order is one column that numbers the rows, so that windows and the answer agree about ties.
    `label` is how union's `withsource` calls it.
    """

    source: str
    fields: tuple[Field, ...]
    where: tuple[str, ...] = ()
    order: tuple[OrderKey, ...] = ()
    numbered: bool = False
    label: str | None = None

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)

    def filtered(self, *conditions: str) -> Relation:
        return replace(self, where=self.where + conditions)

    def render_order(self) -> str:
        return ", ".join(key.render() for key in self.order)

    def render_from(self) -> str:
        where = " AND ".join(f"({condition})" for condition in self.where)
        return f"FROM {self.source}" + (f" WHERE {where}" if where else "")

    def render_select(self, columns: Sequence[str] | None = None, rest: str = "") -> str:
        """A SELECT of these columns (all visible ones by default), with what else a SELECT takes behind."""
        chosen = columns if columns is not None else [field.sql for field in self.fields]
        return f"SELECT {', '.join(chosen) or '1 AS one'} {self.render_from()}{' ' + rest if rest else ''}"


def unique_name(wanted: str, taken: Sequence[str] | set[str]) -> str:
    """Kusto's way out of two columns of one name: a number behind the second."""
    name, number = wanted, 0
    while name in taken:
        number += 1
        name = f"{wanted}{number}"
    return name
