"""join and lookup.

Keys are equal as values are; missing strings are empty strings, other nulls equal nothing. Columns of the right side
whose
names are taken get a number behind. `innerunique`, the default, takes one row of the left side for each key.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.semantics.comparing import comparable
from ingate.kql.semantics.conversion import as_text
from ingate.kql.semantics.layers import Output, layer, outputs_of, same_columns, unordered
from ingate.kql.semantics.relation import Field, Relation, unique_name
from ingate.kql.semantics.scalars import refuse_name
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Binary, Expression, Logical, Member, Name, Operator

KINDS = {
    "innerunique": "JOIN",
    "inner": "JOIN",
    "leftouter": "LEFT JOIN",
    "rightouter": "RIGHT JOIN",
    "fullouter": "FULL JOIN",
    "leftanti": "ANTI JOIN",
    "anti": "ANTI JOIN",
    "leftantisemi": "ANTI JOIN",
    "rightanti": "ANTI JOIN",
    "rightantisemi": "ANTI JOIN",
    "leftsemi": "SEMI JOIN",
    "rightsemi": "SEMI JOIN",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    left: Field
    right: Field
    condition: str


def compile_join(node: Operator, left: Relation, scope: Scope) -> Relation:
    kind = _kind(node, "innerunique", scope)
    left, right, keys = _sides(node, left, scope)
    if kind == "innerunique":
        columns = ", ".join(_plain_key(key.left) for key in keys)
        left = same_columns(scope.compilation, left, distinct=f"DISTINCT ON ({columns}) ")
    condition = " AND ".join(key.condition for key in keys)
    if KINDS[kind] in ("ANTI JOIN", "SEMI JOIN"):
        kept, other = (right, left) if kind.startswith("right") else (left, right)
        source = f"{kept.source} {KINDS[kind]} {other.source} ON {condition}"
        return layer(scope.compilation, Relation(source=source, fields=kept.fields), outputs_of(kept))
    return _joined(left, right, f"{left.source} {KINDS[kind]} {right.source} ON {condition}", set(), scope)


def compile_lookup(node: Operator, left: Relation, scope: Scope) -> Relation:
    """A join that keeps the left side's keys only."""
    kind = _kind(node, "leftouter", scope)
    if kind not in ("leftouter", "inner"):
        raise semantic_error(scope.said(f"the kind is leftouter or inner, not '{kind}'"), node.at)
    left, right, keys = _sides(node, left, scope)
    condition = " AND ".join(key.condition for key in keys)
    dropped = {key.right.name for key in keys}
    return _joined(left, right, f"{left.source} {KINDS[kind]} {right.source} ON {condition}", dropped, scope)


def _joined(left: Relation, right: Relation, source: str, dropped: set[str], scope: Scope) -> Relation:
    outputs = outputs_of(left)
    taken = {output.name for output in outputs}
    for field in right.fields:
        if field.name in dropped:
            continue
        name = unique_name(field.name, taken)
        taken.add(name)
        outputs.append(Output(name=name, value=field.value(0)))
    nullable = [
        Output(name=output.name, value=Value(sql=output.value.sql, type=output.value.type, at=0))
        for output in outputs
    ]
    return layer(scope.compilation, Relation(source=source, fields=()), nullable)


def _kind(node: Operator, default: str, scope: Scope) -> str:
    for name, value in node.parameters:
        if name != "kind":
            raise not_supported(scope.said(f"'{name}' is not supported"), value.at)
        if not isinstance(value, Name) or value.name not in KINDS:
            raise semantic_error(scope.said(f"the kind is one of {', '.join(KINDS)}"), value.at)
        return value.name
    return default


def _sides(node: Operator, left: Relation, scope: Scope) -> tuple[Relation, Relation, list[Key]]:
    if node.table is None:
        raise semantic_error(scope.said("a table is expected"), node.at)
    right = scope.over(None, "").table(node.table)
    left, right = (
        layer(scope.compilation, unordered(side), outputs_of(side)) for side in (left, right)
    )  # new names for both sides, or a table joined with itself would have two columns of one name
    return left, right, [_key(item, left, right, scope) for condition in node.by for item in _conjuncts(condition)]


def _conjuncts(node: Expression) -> tuple[Expression, ...]:
    return node.operands if isinstance(node, Logical) and node.operator == "and" else (node,)


def _key(node: Expression, left: Relation, right: Relation, scope: Scope) -> Key:
    if isinstance(node, Name):
        a, b = _field(node, left, scope), _field(node, right, scope)
    elif isinstance(node, Binary) and node.operator == "==":
        a, b = _paired(node, left, right, scope)
    else:
        raise semantic_error(scope.said("'on' takes columns, or equalities of $left and $right"), node.at)
    if "dynamic" in (a.type, b.type):
        raise semantic_error(scope.said("join key columns cannot be dynamic; convert them first"), node.at)
    first, second = comparable(a.value(node.at), b.value(node.at), node.at, scope)
    return Key(left=a, right=b, condition=f"{_as_key(first)} = {_as_key(second)}")


def _as_key(value: Value) -> str:
    return as_text(value) if value.type == "string" else value.sql


def _plain_key(field: Field) -> str:
    return _as_key(field.value(0))


def _paired(node: Binary, left: Relation, right: Relation, scope: Scope) -> tuple[Field, Field]:
    sides: dict[str, Field] = {}
    for side in (node.left, node.right):
        if isinstance(side, Member) and isinstance(side.of, Name) and side.of.name in ("$left", "$right"):
            relation = left if side.of.name == "$left" else right
            sides[side.of.name] = _field(Name(at=side.at, name=side.name), relation, scope)
    if len(sides) != 2:
        raise semantic_error(scope.said("an equality in 'on' is $left.<column> == $right.<column>"), node.at)
    return sides["$left"], sides["$right"]


def _field(node: Name, relation: Relation, scope: Scope) -> Field:
    field = relation.field(node.name)
    if field is None:
        raise refuse_name(node, scope, relation)
    return field
