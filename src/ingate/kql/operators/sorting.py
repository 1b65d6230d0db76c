"""sort, top, take, sample. Without a word, keys go down, nulls last; upward, nulls come first."""

from __future__ import annotations

from collections.abc import Sequence

from ingate.kql.operators.projecting import value_and_name
from ingate.kql.refusal import semantic_error
from ingate.kql.semantics.conversion import as_text
from ingate.kql.semantics.layers import limited, same_columns, sorted_by
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scope import Scope
from ingate.kql.syntax.tree import Expression, Operator, SortKey

ROW_LIMIT = 2**62


def compile_sort(node: Operator, relation: Relation, scope: Scope) -> Relation:
    return sorted_by(scope.compilation, relation, _keys(node.by, scope))


def _keys(nodes: Sequence[Expression], scope: Scope) -> list[tuple[str, bool, bool]]:
    keys: list[tuple[str, bool, bool]] = []
    for node in nodes:
        if not isinstance(node, SortKey):
            continue
        expression, _ = value_and_name(node.value)
        value = scope.scalar(expression)
        if value.type == "dynamic":
            message = "A key of type dynamic has no order; convert it, as in tostring(...)"
            raise semantic_error(scope.said(message), node.at)
        nulls_first = node.nulls_first if node.nulls_first is not None else not node.descending
        sql = as_text(value) if value.type == "string" else value.sql
        keys.append((sql, node.descending, nulls_first))
    return keys


def row_count(node: Expression, scope: Scope) -> int:
    value = scope.over(None, scope.place).scalar(node)
    known = value.known.value if value.known is not None else None
    if not isinstance(known, int) or isinstance(known, bool) or known < 0 or value.type == "timespan":
        raise semantic_error(scope.said("the number of rows must be a constant that is not negative"), node.at)
    return min(known, ROW_LIMIT)


def compile_take(node: Operator, relation: Relation, scope: Scope) -> Relation:
    return limited(scope.compilation, relation, str(row_count(node.items[0], scope)))


def compile_top(node: Operator, relation: Relation, scope: Scope) -> Relation:
    count = row_count(node.items[0], scope)
    return limited(scope.compilation, sorted_by(scope.compilation, relation, _keys(node.by, scope)), str(count))


def compile_sample(node: Operator, relation: Relation, scope: Scope) -> Relation:
    count = row_count(node.items[0], scope)
    return same_columns(scope.compilation, relation, f"ORDER BY random() LIMIT {count}")
