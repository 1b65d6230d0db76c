"""Numbers and bits."""

from __future__ import annotations

from ingate.kql.functions.signatures import CallSite, Rule, built, rule
from ingate.kql.result import KqlType
from ingate.kql.semantics.values import Value


def _same_type(template: str) -> Rule:
    """A function whose result is of its argument's type; an int becomes a long."""

    def build(site: CallSite) -> Value:
        value = site.values[0]
        kql_type: KqlType = "long" if value.type == "int" else value.type
        sql = template.format(f"CAST({value.sql} AS BIGINT)" if value.type == "int" else value.sql)
        return site.give(kql_type, sql, may_be_null=value.may_be_null)

    return built("summable", build, takes_name=True)


def _ceiling(site: CallSite) -> Value:
    value = site.values[0]
    if value.type in ("int", "long"):
        return value
    return site.give("long", f"CAST(ceil({value.sql}) AS BIGINT)")


def _round(site: CallSite) -> Value:
    """Half away from zero."""
    value = site.values[0]
    digits = site.constant_integer(1) if len(site.values) == 2 else 0
    if value.type in ("int", "long") and digits >= 0:
        return value
    return site.give(
        "real" if value.type != "decimal" else "decimal", f"round({value.sql}, {max(-30, min(30, digits))})"
    )


def _sign(site: CallSite) -> Value:
    return site.give("long", f"CAST(sign({site.values[0].sql}) AS BIGINT)")


def _rand(site: CallSite) -> Value:
    if not site.values:
        return site.give("real", "random()", may_be_null=False)
    return site.give("real", f"floor(random() * {site.values[0].sql})")


def _guarded(condition: str, template: str) -> Rule:
    """Outside its domain the answer is NaN or null in Kusto, where DuckDB stops the query."""
    return rule("real", "real", f"CASE WHEN {condition} THEN {template} END", takes_name=True)


RULES: dict[str, Rule] = {
    "abs": _same_type("abs({0})"),
    "acos": _guarded("abs({0}) <= 1", "acos({0})"),
    "asin": _guarded("abs({0}) <= 1", "asin({0})"),
    "atan": rule("real", "real", "atan({0})", takes_name=True),
    "atan2": rule("real real", "real", "atan2({0}, {1})", takes_name=True),
    "binary_and": rule("long long", "long", "({0} & {1})"),
    "binary_not": rule("long", "long", "(~{0})"),
    "binary_or": rule("long long", "long", "({0} | {1})"),
    "binary_shift_left": rule("long long", "long", "TRY({0} << CAST({1} % 64 AS INTEGER))"),
    "binary_shift_right": rule("long long", "long", "({0} >> CAST({1} % 64 AS INTEGER))"),
    "binary_xor": rule("long long", "long", "xor({0}, {1})"),
    "bitset_count_ones": rule("long", "long", "CAST(bit_count({0}) AS BIGINT)"),
    "ceiling": built("number", _ceiling, takes_name=True),
    "cos": _guarded("isfinite({0})", "cos({0})"),
    "cot": _guarded("isfinite({0}) AND {0} <> 0", "cot({0})"),
    "degrees": rule("real", "real", "degrees({0})"),
    "exp": rule("real", "real", "exp({0})", takes_name=True),
    "exp10": rule("real", "real", "pow(CAST(10 AS DOUBLE), {0})", takes_name=True),
    "exp2": rule("real", "real", "pow(CAST(2 AS DOUBLE), {0})", takes_name=True),
    "log": _guarded("{0} > 0", "ln({0})"),
    "log10": _guarded("{0} > 0", "log10({0})"),
    "log2": _guarded("{0} > 0", "log2({0})"),
    "pi": rule("", "real", "pi()"),
    "pow": rule("real real", "real", "pow({0}, {1})", takes_name=True),
    "radians": rule("real", "real", "radians({0})"),
    "rand": built("number?", _rand),
    "round": built("number long?", _round, takes_name=True),
    "sign": built("number", _sign),
    "sin": _guarded("isfinite({0})", "sin({0})"),
    "sqrt": _guarded("{0} >= 0", "sqrt({0})"),
    "tan": _guarded("isfinite({0})", "tan({0})"),
}
