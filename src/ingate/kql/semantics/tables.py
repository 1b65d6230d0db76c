"""A tabular expression: names of tables, calls that give tables, pipelines."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from ingate.kql.operators.catalogue import OPERATORS, SOURCES
from ingate.kql.refusal import semantic_error
from ingate.kql.rendering import quote_name, render_constant
from ingate.kql.semantics.binding import call_scope, shared
from ingate.kql.semantics.relation import Field, Relation
from ingate.kql.semantics.scope import LetFunction, LetTable, Scope
from ingate.kql.syntax.tree import Call, Expression, Literal, Name, Operator, Pipeline, Star


def compile_table(node: Expression, scope: Scope) -> Relation:
    match node:
        case Pipeline():
            relation = _source(node.source, scope)
            for operator in node.operators:
                relation = _step(operator, relation, scope)
            return relation
        case Operator():
            return SOURCES[node.keyword](node, scope.over(None, node.keyword))
        case Name():
            return _named_table(node, scope)
        case Call():
            return _called_table(node, scope)
        case _:
            raise semantic_error(scope.said("A table is expected here"), node.at)


def _source(node: Expression, scope: Scope) -> Relation:
    if isinstance(node, Star):  # the rows that mv-apply hands to its subquery
        bound = scope.names.get("*")
        if isinstance(bound, LetTable):
            return bound.relation
    return scope.table(node)


def _step(operator: Operator, relation: Relation, scope: Scope) -> Relation:
    scope.compilation.count_work(operator.at)
    return OPERATORS[operator.keyword](operator, relation, scope.over(relation, operator.keyword))


def _named_table(node: Name, scope: Scope) -> Relation:
    bound = scope.names.get(node.name)
    if isinstance(bound, LetTable):
        return replace(bound.relation, label=node.name)
    if isinstance(bound, LetFunction):
        raise semantic_error(scope.said(f"'{node.name}' is a function; call it with ()"), node.at)
    if bound is not None:
        raise semantic_error(scope.said(f"'{node.name}' is a value, and a table is expected here"), node.at)
    return schema_table(node.name, node.at, scope)


def schema_table(name: str, at: int, scope: Scope) -> Relation:
    """One of the tables that the query may name, cut to the time range."""
    compilation = scope.compilation
    columns = compilation.schema.get(name)
    if columns is None:
        similar = get_close_matches(name, compilation.schema, n=3) or sorted(compilation.schema)[:10]
        hint = f". Tables: {', '.join(similar)}" if similar else ""
        raise semantic_error(scope.said(f"Failed to resolve table or column expression named '{name}'{hint}"), at)
    compilation.tables.add(name)
    fields = tuple(Field(name=column.name, type=column.type, sql=quote_name(column.name)) for column in columns)
    relation = Relation(source=quote_name(name), fields=fields, label=name)
    time = relation.field("TimeGenerated")
    time_range = compilation.time_range
    if time_range is None or time is None or time.type != "datetime":
        return relation
    start, end = render_constant("datetime", time_range.start), render_constant("datetime", time_range.end)
    return relation.filtered(f"{time.sql} >= {start}", f"{time.sql} < {end}")


def _called_table(node: Call, scope: Scope) -> Relation:
    bound = scope.names.get(node.name)
    if isinstance(bound, LetFunction):
        inner = call_scope(bound, node, scope)
        return replace(inner.table(bound.function.body.result), label=node.name)
    if node.name == "materialize" and len(node.arguments) == 1:
        return shared(node, scope)
    if node.name == "table" and len(node.arguments) == 1:
        return _table_by_name(node, scope)
    raise semantic_error(scope.said(f"Unknown tabular function: '{node.name}'"), node.at)


def _table_by_name(node: Call, scope: Scope) -> Relation:
    argument = node.arguments[0]
    if not isinstance(argument, Literal) or not isinstance(argument.value, str):
        raise semantic_error(scope.said("table() takes a constant string"), node.at)
    return _named_table(Name(at=node.at, name=argument.value), scope)
