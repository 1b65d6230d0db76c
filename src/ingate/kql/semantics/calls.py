"""Calls in scalar expressions: functions of the tables, functions of `let`, and those that need the syntax tree."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from ingate.kql import aggregates, windows
from ingate.kql.functions.catalogue import FUNCTIONS, REFUSED_FUNCTIONS, REFUSED_PREFIXES
from ingate.kql.functions.signatures import apply_rule
from ingate.kql.refusal import Refused, not_supported, semantic_error
from ingate.kql.rendering import render_constant
from ingate.kql.result import KqlType
from ingate.kql.semantics.binding import call_scope
from ingate.kql.semantics.conversion import as_json, converted
from ingate.kql.semantics.scope import LetFunction, Scope
from ingate.kql.semantics.values import Value
from ingate.kql.syntax.tree import Call, Expression, Name, Named, Star
from ingate.kql.types import type_named


def compile_call(node: Call, scope: Scope) -> Value:
    bound = scope.names.get(node.name)
    if isinstance(bound, LetFunction):
        inner = call_scope(bound, node, scope)
        return inner.scalar(bound.function.body.result)
    special = _SPECIAL.get(node.name)
    if special is not None:
        return special(node, scope)
    if node.name in aggregates.AGGREGATES or node.name in aggregates.REFUSED_AGGREGATES:
        return aggregates.compile_aggregate(node, scope)
    if node.name in windows.WINDOWS:
        return windows.compile_window(node, scope)
    rule = FUNCTIONS.get(node.name)
    if rule is None:
        raise refuse_unknown(node, scope)
    return apply_rule(rule, node, scope, [scope.scalar(_plain(argument)) for argument in node.arguments])


def _plain(argument: Expression) -> Expression:
    if isinstance(argument, Named | Star):
        raise semantic_error("Only a value is allowed here", argument.at)
    return argument


def refuse_unknown(node: Call, scope: Scope) -> Refused:
    if node.name in REFUSED_FUNCTIONS or node.name.startswith(REFUSED_PREFIXES):
        return not_supported(scope.said(f"The function '{node.name}' is not supported"), node.at)
    known = [*FUNCTIONS, *_SPECIAL, *aggregates.AGGREGATES, *windows.WINDOWS, *scope.names]
    similar = get_close_matches(node.name, known, n=3)
    hint = f". Similar: {', '.join(similar)}" if similar else ""
    return semantic_error(scope.said(f"Unknown function: '{node.name}'{hint}"), node.at)


def _toscalar(node: Call, scope: Scope) -> Value:
    if len(node.arguments) != 1:
        raise semantic_error(scope.said("toscalar(): expects 1 argument"), node.at)
    relation = scope.over(None, "").table(node.arguments[0])
    if not relation.fields:
        raise semantic_error(scope.said("toscalar(): the table has no column"), node.at)
    field = relation.fields[0]
    order = f"ORDER BY {relation.render_order()} " if relation.order else ""
    sql = f"({relation.render_select([field.sql], order + 'LIMIT 1')})"
    return Value(sql=sql, type=field.type, at=node.at)


def _extract(node: Call, scope: Scope) -> Value:
    """`extract(..., typeof(long))`: the type is no value."""
    arguments, kql_type = list(node.arguments), None
    if arguments and isinstance(arguments[-1], Call) and arguments[-1].name == "typeof":
        kql_type = _typeof(arguments.pop())
    values = [scope.scalar(argument) for argument in arguments]
    value = apply_rule(FUNCTIONS[node.name], replace(node, arguments=tuple(arguments)), scope, values)
    return converted(value, kql_type) if kql_type is not None else value


def _typeof(node: Expression) -> KqlType:
    inner = node.arguments[0] if isinstance(node, Call) and len(node.arguments) == 1 else None
    kql_type = type_named(inner.name) if isinstance(inner, Name) else None
    if kql_type is None:
        raise semantic_error("typeof() takes the name of a type", node.at)
    return kql_type


def _column_ifexists(node: Call, scope: Scope) -> Value:
    if len(node.arguments) != 2:
        raise semantic_error(scope.said(f"{node.name}(): expects 2 arguments"), node.at)
    wanted = scope.scalar(node.arguments[0])
    name = wanted.known.value if wanted.known is not None else None
    if not isinstance(name, str):
        raise semantic_error(scope.said(f"{node.name}(): argument 1 must be a constant string"), wanted.at)
    field = scope.row.field(name) if scope.row is not None else None
    return field.value(node.at) if field is not None else scope.scalar(node.arguments[1])


def _pack_all(node: Call, scope: Scope) -> Value:
    if scope.row is None:
        raise semantic_error(scope.said("pack_all(): there are no columns here"), node.at)
    ignore_empty = bool(node.arguments) and scope.scalar(node.arguments[0]).known is not None
    pairs = ", ".join(
        f"{render_constant('string', field.name)}, {as_json(field.value(node.at))}" for field in scope.row.fields
    )
    sql = f"json_object({pairs})"
    if ignore_empty:
        flag = scope.scalar(node.arguments[0]).known
        if flag is not None and flag.value is True:
            raise not_supported(scope.said("pack_all(true) is not supported"), node.at)
    return Value(sql=sql, type="dynamic", at=node.at, may_be_null=False)


def _refused_table(node: Call, scope: Scope) -> Value:
    raise semantic_error(scope.said(f"{node.name}() is a table, and a value is expected here"), node.at)


_SPECIAL = {
    "column_ifexists": _column_ifexists,
    "columnifexists": _column_ifexists,
    "extract": _extract,
    "extract_json": _extract,
    "extractjson": _extract,
    "materialize": _refused_table,
    "pack_all": _pack_all,
    "table": _refused_table,
    "toscalar": _toscalar,
}
SPECIAL_FUNCTIONS = tuple(_SPECIAL)
