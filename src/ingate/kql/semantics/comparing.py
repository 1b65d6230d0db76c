"""== != < <= > >= and between.

Nulls follow "Null values" of the KQL reference: two nulls compare to null, a null equals nothing and differs from
everything else. A missing string is an empty one.
"""

from __future__ import annotations

import math
from datetime import datetime

from ingate.kql.refusal import semantic_error
from ingate.kql.semantics.arithmetic import combined
from ingate.kql.semantics.conversion import as_text, converted, widest
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import INTEGRAL, NUMERIC, Value, constant, text_of
from ingate.kql.syntax.tree import Between, Binary


def compile_comparison(node: Binary, scope: Scope) -> Value:
    return compared(node.operator, scope.scalar(node.left), scope.scalar(node.right), node.at, scope)


def compared(operator: str, left: Value, right: Value, at: int, scope: Scope) -> Value:
    left, right = comparable(left, right, at, scope)
    if left.type == "string" and right.type == "string":
        return _compare_texts(operator, left, right, at)
    if operator == "==":
        return _equal(left, right, at)
    if operator == "!=":
        return _different(left, right, at)
    sql = f"({left.sql} {operator} {right.sql})"
    small = right if operator in ("<", "<=") else left
    if small.type == "real" and not _is_finite(small):
        sql = f"({sql} AND NOT isnan({small.sql}))"  # which DuckDB takes for the greatest number
    return Value(sql=sql, type="bool", at=at, may_be_null=left.may_be_null or right.may_be_null)


def comparable(left: Value, right: Value, at: int, scope: Scope) -> tuple[Value, Value]:
    """Both sides in one SQL type. A constant takes the type of the column it is compared with, so that the column is
    compared as it is stored."""
    if left.type == "dynamic" and right.type != "dynamic":
        left = from_dynamic(left, right)
    elif right.type == "dynamic" and left.type != "dynamic":
        right = from_dynamic(right, left)
    left, right = _guid_as_text(left), _guid_as_text(right)
    if left.type in NUMERIC and right.type in NUMERIC:
        return _same_number(left, right)
    if left.type != right.type or left.type == "dynamic":
        message = f"Cannot compare values of types {left.type} and {right.type}. Try adding explicit casts"
        raise semantic_error(scope.said(message), at)
    return left, right


def from_dynamic(value: Value, other: Value) -> Value:
    """A dynamic compared with a number must hold a number: the text "5" is not 5."""
    if other.type in NUMERIC:
        number = f"json_type({value.sql}) IN ('BIGINT', 'UBIGINT', 'DOUBLE')"
        sql = f"CASE WHEN {number} THEN CAST({value.sql} AS DOUBLE) END"
        return Value(sql=sql, type="real", at=value.at)
    return converted(value, other.type)


def _guid_as_text(value: Value) -> Value:
    if value.type != "guid":
        return value
    known = value.known
    return Value(sql=value.sql, type="string", at=value.at, may_be_null=value.may_be_null, known=known)


def _same_number(left: Value, right: Value) -> tuple[Value, Value]:
    for constant_side, column in ((left, right), (right, left)):
        known = constant_side.known.value if constant_side.known is not None else None
        fits = isinstance(known, int) and not isinstance(known, bool) and -(2**31) <= known < 2**31
        if fits and column.known is None and column.type in INTEGRAL:
            retyped = constant(column.type, known, constant_side.at)
            return (retyped, right) if constant_side is left else (left, retyped)
    kql_type = widest([left.type, right.type]) or "real"
    return converted(left, kql_type), converted(right, kql_type)


def _compare_texts(operator: str, left: Value, right: Value, at: int) -> Value:
    symbol = {"==": "=", "!=": "<>"}.get(operator, operator)
    sql = f"({text_of(left)} {symbol} {text_of(right)})"
    plain = None
    if operator == "==" and any(_is_filled_text(side) for side in (left, right)):
        plain = f"({left.sql} = {right.sql})"  # a missing string does not equal a text that is not empty
    return Value(sql=sql, type="bool", at=at, may_be_null=False, filter_sql=plain)


def _is_filled_text(value: Value) -> bool:
    return value.known is not None and isinstance(value.known.value, str) and value.known.value != ""


def _equal(left: Value, right: Value, at: int) -> Value:
    plain = f"({left.sql} = {right.sql})"
    if left.type == "real" and not (_is_finite(left) or _is_finite(right)):
        plain = f"({plain} AND NOT isnan({left.sql}))"
    if not left.may_be_null and not right.may_be_null:
        return Value(sql=plain, type="bool", at=at, may_be_null=False)
    if not left.may_be_null or not right.may_be_null:
        return Value(sql=f"coalesce({plain}, false)", type="bool", at=at, may_be_null=False, filter_sql=plain)
    both = f"CASE WHEN {left.sql} IS NULL AND {right.sql} IS NULL THEN NULL ELSE coalesce({plain}, false) END"
    return Value(sql=both, type="bool", at=at, filter_sql=plain)


def _is_finite(value: Value) -> bool:
    known = value.known.value if value.known is not None else None
    return isinstance(known, int | float) and math.isfinite(known)


def _different(left: Value, right: Value, at: int) -> Value:
    plain = f"({left.sql} IS DISTINCT FROM {right.sql})"
    if left.type == "real" and not (_is_finite(left) or _is_finite(right)):
        plain = f"({plain} OR coalesce(isnan({left.sql}), false))"
    if not left.may_be_null or not right.may_be_null:
        return Value(sql=plain, type="bool", at=at, may_be_null=False)
    both = f"CASE WHEN {left.sql} IS NULL AND {right.sql} IS NULL THEN NULL ELSE {plain} END"
    return Value(sql=both, type="bool", at=at, filter_sql=plain)


def compile_between(node: Between, scope: Scope) -> Value:
    """`between (low .. high)`, both ends included; for datetimes, `high` may be a timespan from `low` on."""
    value, low, high = scope.scalar(node.of), scope.scalar(node.low), scope.scalar(node.high)
    if low.type == "datetime" and high.type == "timespan":
        high = combined("+", low, high, node.at, scope)
    if low.known is not None and isinstance(low.known.value, datetime) and value.type == "dynamic":
        value = converted(value, "datetime")
    above, below = compared(">=", value, low, node.at, scope), compared("<=", value, high, node.at, scope)
    sql = f"({above.sql} AND {below.sql})"
    if node.negated:
        sql = f"(NOT {sql})"
    return Value(sql=sql, type="bool", at=node.at, may_be_null=above.may_be_null or below.may_be_null)


def text_operand(value: Value, operator: str, scope: Scope) -> str:
    """What a string operator takes: strings, and dynamics and guids as text."""
    if value.type not in ("string", "dynamic", "guid"):
        message = f"Operator '{operator}' takes strings, not {value.type}; use tostring(...)"
        raise semantic_error(scope.said(message), value.at)
    return as_text(value)
