"""where, as, getschema, render: what changes no column."""

from __future__ import annotations

from dataclasses import replace

from ingate.kql.rendering import quote_text
from ingate.kql.result import Render
from ingate.kql.semantics.layers import same_columns
from ingate.kql.semantics.relation import Field, Relation
from ingate.kql.semantics.scalars import boolean
from ingate.kql.semantics.scope import Scope
from ingate.kql.syntax.tree import Operator

_CLR_TYPES = {
    "bool": "System.SByte",
    "datetime": "System.DateTime",
    "decimal": "System.Data.SqlTypes.SqlDecimal",
    "dynamic": "System.Object",
    "guid": "System.Guid",
    "int": "System.Int32",
    "long": "System.Int64",
    "real": "System.Double",
    "string": "System.String",
    "timespan": "System.TimeSpan",
}


def compile_where(node: Operator, relation: Relation, scope: Scope) -> Relation:
    predicate = boolean(scope.scalar(node.items[0]), "where", scope)
    return relation.filtered(predicate.filter_sql or predicate.sql)


def compile_as(node: Operator, relation: Relation, scope: Scope) -> Relation:
    """Names the table for `union withsource`; later statements cannot refer to it."""
    return replace(same_columns(scope.compilation, relation), label=node.words[0])


def compile_getschema(node: Operator, relation: Relation, scope: Scope) -> Relation:
    rows = ", ".join(
        f"({quote_text(field.name)}, {index}, '{_CLR_TYPES[field.type]}', '{field.type}')"
        for index, field in enumerate(relation.fields)
    )
    names = [scope.compilation.new_name() for _ in range(4)]
    fields = tuple(
        Field(name=name, type="long" if name == "ColumnOrdinal" else "string", sql=sql, may_be_null=False)
        for name, sql in zip(("ColumnName", "ColumnOrdinal", "DataType", "ColumnType"), names, strict=True)
    )
    return Relation(source=f"(VALUES {rows}) AS {scope.compilation.new_name('t')}({', '.join(names)})", fields=fields)


def compile_render(node: Operator, relation: Relation, scope: Scope) -> Relation:
    kind, *properties = node.words
    pairs = tuple(zip(properties[::2], properties[1::2], strict=True))
    scope.compilation.render = Render(kind=kind, properties=pairs)
    return relation
