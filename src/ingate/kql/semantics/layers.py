"""One more SELECT around a relation: the steps that most operators are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingate.kql.semantics.relation import Field, OrderKey, Relation
from ingate.kql.semantics.scope import Compilation
from ingate.kql.semantics.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A column to be: its name and what it is computed from."""

    name: str
    value: Value


def outputs_of(relation: Relation) -> list[Output]:
    return [Output(name=field.name, value=field.value(0)) for field in relation.fields]


def layer(
    compilation: Compilation,
    relation: Relation,
    outputs: Sequence[Output],
    *,
    rest: str = "",
    distinct: str = "",
    keep_order: bool = True,
) -> Relation:
    """`SELECT outputs FROM relation` as a new relation; `rest` is GROUP BY, ORDER BY, LIMIT."""
    fields = tuple(
        Field(
            name=output.name,
            type=output.value.type,
            sql=compilation.new_name(),
            may_be_null=output.value.may_be_null,
        )
        for output in outputs
    )
    columns = [f"{output.value.sql} AS {field.sql}" for output, field in zip(outputs, fields, strict=True)]
    order = relation.order if keep_order else ()
    columns += [key.sql for key in order]
    sql = relation.render_select([distinct + columns[0], *columns[1:]] if columns else None, rest)
    return Relation(
        source=f"({sql}) AS {compilation.new_name('t')}",
        fields=fields,
        order=order,
        numbered=relation.numbered and keep_order,
        label=relation.label,
    )


def same_columns(compilation: Compilation, relation: Relation, rest: str = "", distinct: str = "") -> Relation:
    """The same columns, by the same names, one SELECT further out."""
    columns = [field.sql for field in relation.fields] + [key.sql for key in relation.order]
    columns[0] = distinct + columns[0]
    sql = relation.render_select(columns, rest)
    return replace(relation, source=f"({sql}) AS {compilation.new_name('t')}", where=())


def sorted_by(compilation: Compilation, relation: Relation, keys: Sequence[tuple[str, bool, bool]]) -> Relation:
    """`keys`: SQL, descending, nulls first. The keys become columns of their own, so that the order outlives
    projections."""
    order = tuple(
        OrderKey(sql=compilation.new_name("o"), descending=descending, nulls_first=nulls_first)
        for _, descending, nulls_first in keys
    )
    columns = [field.sql for field in relation.fields]
    columns += [f"{sql} AS {key.sql}" for (sql, _, _), key in zip(keys, order, strict=True)]
    return replace(
        relation,
        source=f"({relation.render_select(columns)}) AS {compilation.new_name('t')}",
        where=(),
        order=order,
        numbered=False,
    )


def numbered(compilation: Compilation, relation: Relation) -> Relation:
    """The relation with its rows numbered in their order, for windows and for what keeps rows apart."""
    if relation.numbered:
        return relation
    name = compilation.new_name("o")
    over = f"ORDER BY {relation.render_order()}" if relation.order else ""
    columns = [field.sql for field in relation.fields] + [f"row_number() OVER ({over}) AS {name}"]
    return replace(
        relation,
        source=f"({relation.render_select(columns)}) AS {compilation.new_name('t')}",
        where=(),
        order=(OrderKey(sql=name, descending=False, nulls_first=False),),
        numbered=True,
    )


def limited(compilation: Compilation, relation: Relation, count: str) -> Relation:
    rest = f"ORDER BY {relation.render_order()} LIMIT {count}" if relation.order else f"LIMIT {count}"
    return same_columns(compilation, relation, rest)


def unordered(relation: Relation) -> Relation:
    return replace(relation, order=(), numbered=False)
