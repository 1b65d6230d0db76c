"""+ - * / % and the sign, by the types of both sides.

Types follow "Numerical operators" of the KQL reference: integers stay integers (division cuts), a real makes a real;
a
modulo is never negative; times take and give times. Constants are folded, so that `ago(1d) - 1h` is one literal in
SQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ingate.kql.refusal import semantic_error
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import converted, widest
from ingate.kql.semantics.scope import Scope
from ingate.kql.semantics.values import INTEGRAL, NUMERIC, Value, constant
from ingate.kql.syntax.tree import Binary, Constant, Unary

_LONG = 2**63


def compile_sign(node: Unary, scope: Scope) -> Value:
    operand = scope.scalar(node.operand)
    if operand.type == "dynamic":
        operand = converted(operand, "real")
    if operand.type not in NUMERIC and operand.type != "timespan":
        raise semantic_error(scope.said(f"'-' takes a number or a timespan, not {operand.type}"), node.at)
    known = operand.known.value if operand.known is not None else None
    if isinstance(known, int | float) and known != -_LONG:
        return constant(operand.type, -known, node.at)
    kql_type: KqlType = "long" if operand.type == "int" else operand.type
    return Value(sql=f"(-{operand.sql})", type=kql_type, at=node.at, may_be_null=operand.may_be_null)


def compile_arithmetic(node: Binary, scope: Scope) -> Value:
    left, right = _without_dynamic(scope.scalar(node.left), scope.scalar(node.right), node, scope)
    return combined(node.operator, left, right, node.at, scope)


def _without_dynamic(left: Value, right: Value, node: Binary, scope: Scope) -> tuple[Value, Value]:
    """A dynamic becomes the other side's type, as in Kusto."""
    if left.type == "dynamic" and right.type == "dynamic":
        message = f"'{node.operator}' cannot be applied to two dynamic values; convert them, as in toreal(...)"
        raise semantic_error(scope.said(message), node.at)
    other = right if left.type == "dynamic" else left
    if "dynamic" not in (left.type, right.type):
        return left, right
    target: KqlType = other.type
    if target in INTEGRAL:
        if node.operator in "/%":
            message = (
                f"'{node.operator}' of a dynamic and a whole number: convert it, as in tolong(...) or toreal(...)"
            )
            raise semantic_error(scope.said(message), node.at)
        target = "real"  # or 1.5 would lose its fraction
    return (converted(left, target), right) if left.type == "dynamic" else (left, converted(right, target))


def combined(operator: str, left: Value, right: Value, at: int, scope: Scope) -> Value:
    folded = _fold(operator, left, right)
    if folded is not None:
        return constant(folded[0], folded[1], at)
    number = widest([left.type, right.type])
    if number is not None:
        return _numbers(operator, left, right, number, at)
    rule = _TIMES.get((operator, _kind(left), _kind(right)))
    if rule is None:
        message = f"'{operator}' cannot be applied to {left.type} and {right.type}"
        raise semantic_error(scope.said(message), at)
    kql_type, template = rule
    return Value(sql=template.format(left.sql, right.sql), type=kql_type, at=at)


def _kind(value: Value) -> str:
    return "number" if value.type in NUMERIC else value.type


def _numbers(operator: str, left: Value, right: Value, kql_type: KqlType, at: int) -> Value:
    a, b = converted(left, kql_type).sql, converted(right, kql_type).sql
    never_null = not (left.may_be_null or right.may_be_null) and operator in "+-*"
    if operator == "/":
        sql = f"({a} // nullif({b}, 0))" if kql_type == "long" else f"({a} / {_divisor(b, kql_type)})"
    elif operator == "%":
        sql = f"((({a} % nullif({b}, 0)) + abs({b})) % abs(nullif({b}, 0)))"
    else:
        sql = f"({a} {operator} {b})"
    return Value(sql=sql, type=kql_type, at=at, may_be_null=not never_null)


def _divisor(sql: str, kql_type: KqlType) -> str:
    """A real divided by zero is infinite; a decimal knows no infinity, and becomes null."""
    return sql if kql_type == "real" else f"nullif({sql}, 0)"


_TIMES: dict[tuple[str, str, str], tuple[KqlType, str]] = {
    ("-", "datetime", "datetime"): ("timespan", "((epoch_us({0}) - epoch_us({1})) * 10)"),
    ("+", "datetime", "timespan"): ("datetime", "({0} + to_microseconds({1} // 10))"),
    ("+", "timespan", "datetime"): ("datetime", "({1} + to_microseconds({0} // 10))"),
    ("-", "datetime", "timespan"): ("datetime", "({0} - to_microseconds({1} // 10))"),
    ("+", "timespan", "timespan"): ("timespan", "({0} + {1})"),
    ("-", "timespan", "timespan"): ("timespan", "({0} - {1})"),
    ("/", "timespan", "timespan"): ("real", "(CAST({0} AS DOUBLE) / CAST({1} AS DOUBLE))"),
    ("%", "timespan", "timespan"): ("timespan", "((({0} % nullif({1}, 0)) + abs({1})) % abs(nullif({1}, 0)))"),
    ("*", "timespan", "number"): ("timespan", "CAST(trunc({0} * {1}) AS BIGINT)"),
    ("*", "number", "timespan"): ("timespan", "CAST(trunc({0} * {1}) AS BIGINT)"),
    ("/", "timespan", "number"): ("timespan", "CAST(trunc({0} / nullif({1}, 0)) AS BIGINT)"),
    ("%", "datetime", "timespan"): ("timespan", "((epoch_us({0}) + 62135596800000000) * 10 % abs(nullif({1}, 0)))"),
}


def _fold(operator: str, left: Value, right: Value) -> tuple[KqlType, Constant] | None:
    """Both sides are known: what is certain to be the same in Python. None: left to DuckDB."""
    if left.known is None or right.known is None or operator not in "+-*":
        return None
    a, b = left.known.value, right.known.value
    try:
        return _fold_times(operator, a, b, left.type, right.type) or _fold_numbers(
            operator, a, b, left.type, right.type
        )
    except OverflowError:
        return None


def _fold_times(
    operator: str, a: Constant, b: Constant, left: KqlType, right: KqlType
) -> tuple[KqlType, Constant] | None:
    if operator == "*":
        return None
    if isinstance(a, datetime) and isinstance(b, datetime) and operator == "-":
        return "timespan", (a - b) // timedelta(microseconds=1) * 10
    if isinstance(a, datetime) and right == "timespan" and isinstance(b, int):
        step = timedelta(microseconds=b // 10)
        return "datetime", a + step if operator == "+" else a - step
    if left == right == "timespan" and isinstance(a, int) and isinstance(b, int):
        return _within("timespan", a + b if operator == "+" else a - b)
    return None


def _fold_numbers(
    operator: str, a: Constant, b: Constant, left: KqlType, right: KqlType
) -> tuple[KqlType, Constant] | None:
    if not isinstance(a, int) or not isinstance(b, int) or isinstance(a, bool) or isinstance(b, bool):
        return None
    value = a + b if operator == "+" else a - b if operator == "-" else a * b
    if {left, right} == {"timespan", "long"} and operator == "*":
        return _within("timespan", value)
    return _within("long", value) if {left, right} <= {"int", "long"} else None


def _within(kql_type: KqlType, value: int) -> tuple[KqlType, Constant] | None:
    return (kql_type, value) if -_LONG <= value < _LONG else None
