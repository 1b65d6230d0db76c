"""A scalar expression: what each kind of node means."""

from __future__ import annotations

from difflib import get_close_matches

from ingate.kql.refusal import Refused, semantic_error
from ingate.kql.semantics.arithmetic import compile_arithmetic, compile_sign
from ingate.kql.semantics.calls import compile_call
from ingate.kql.semantics.comparing import compile_between, compile_comparison
from ingate.kql.semantics.matching import compile_match, compile_membership
from ingate.kql.semantics.reaching import compile_index, compile_member
from ingate.kql.semantics.relation import Relation
from ingate.kql.semantics.scope import LetFunction, LetTable, Scope
from ingate.kql.semantics.values import Value, constant
from ingate.kql.syntax.tree import (
    Between,
    Binary,
    Call,
    Expression,
    Index,
    Literal,
    Logical,
    Member,
    Membership,
    Name,
    Pipeline,
    Unary,
)

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset("+-*/%")


def compile_scalar(node: Expression, scope: Scope) -> Value:
    match node:
        case Literal():
            return constant(node.type, node.value, node.at)
        case Name():
            return _compile_name(node, scope)
        case Binary():
            return _compile_binary(node, scope)
        case Logical():
            return _compile_logical(node, scope)
        case Call():
            return compile_call(node, scope)
        case Member():
            return _compile_member(node, scope)
        case Index():
            return compile_index(node, scope)
        case Membership():
            return compile_membership(node, scope)
        case Between():
            return compile_between(node, scope)
        case Unary():
            return compile_sign(node, scope)
        case Pipeline():
            raise semantic_error(scope.said("A table stands where a value is expected; use toscalar(...)"), node.at)
        case _:
            raise semantic_error(scope.said("A value is expected here"), node.at)


def _compile_binary(node: Binary, scope: Scope) -> Value:
    if node.operator in _COMPARISONS:
        return compile_comparison(node, scope)
    if node.operator in _ARITHMETIC:
        return compile_arithmetic(node, scope)
    return compile_match(node, scope)


def _compile_logical(node: Logical, scope: Scope) -> Value:
    operands = [boolean(scope.scalar(operand), node.operator, scope) for operand in node.operands]
    joiner = f" {node.operator.upper()} "
    filters = [operand.filter_sql or operand.sql for operand in operands]
    return Value(
        sql=f"({joiner.join(operand.sql for operand in operands)})",
        type="bool",
        at=node.at,
        may_be_null=any(operand.may_be_null for operand in operands),
        filter_sql=f"({joiner.join(filters)})",
    )


def boolean(value: Value, operator: str, scope: Scope) -> Value:
    if value.type == "dynamic":
        return Value(sql=f"try_cast(({value.sql} ->> '$') AS BOOLEAN)", type="bool", at=value.at)
    if value.type in ("int", "long"):
        return Value(sql=f"({value.sql} <> 0)", type="bool", at=value.at, may_be_null=value.may_be_null)
    if value.type != "bool":
        raise semantic_error(scope.said(f"'{operator}' takes bool, not {value.type}"), value.at)
    return value


def _compile_name(node: Name, scope: Scope) -> Value:
    if node.name in ("$left", "$right"):
        raise semantic_error(scope.said(f"'{node.name}' needs a column behind it, and stands in 'on' only"), node.at)
    field = scope.row.field(node.name) if scope.row is not None else None
    if field is not None:
        return field.value(node.at)
    bound = scope.names.get(node.name)
    if isinstance(bound, Value):
        return bound.placed(node.at)
    if isinstance(bound, LetTable | LetFunction) or (bound is None and node.name in scope.compilation.schema):
        raise semantic_error(scope.said(f"'{node.name}' is no value; for a table's value use toscalar(...)"), node.at)
    raise refuse_name(node, scope, scope.row)


def refuse_name(node: Name, scope: Scope, relation: Relation | None) -> Refused:
    candidates = [field.name for field in relation.fields] if relation is not None else []
    candidates += [name for name, bound in scope.names.items() if isinstance(bound, Value)]
    similar = get_close_matches(node.name, candidates, n=3) or [
        candidate for candidate in candidates if candidate.lower() == node.name.lower()
    ]
    shown = similar or candidates[:20]
    hint = f". Did you mean {', '.join(shown)}?" if similar else f". Columns: {', '.join(shown)}" if shown else ""
    return semantic_error(
        scope.said(f"Failed to resolve column or scalar expression named '{node.name}'{hint}"), node.at
    )


def _compile_member(node: Member, scope: Scope) -> Value:
    if isinstance(node.of, Name) and node.of.name in ("$left", "$right"):
        side = scope.left if node.of.name == "$left" else scope.right
        field = side.field(node.name) if side is not None else None
        if field is None:
            raise refuse_name(Name(at=node.at, name=node.name), scope, side)
        return field.value(node.at)
    return compile_member(node, scope)
