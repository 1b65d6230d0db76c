"""Conversions, and the functions about nulls and conditions."""

from __future__ import annotations

from ingate.kql.functions.signatures import CallSite, Rule, built, rule
from ingate.kql.refusal import semantic_error
from ingate.kql.result import KqlType
from ingate.kql.semantics.conversion import as_text, common_type, converted
from ingate.kql.semantics.values import Value, constant


def _to(target: KqlType) -> Rule:
    def build(site: CallSite) -> Value:
        return converted(site.values[0], target).placed(site.node.at)

    return built("any", build, takes_name=True)


def _parse_json(site: CallSite) -> Value:
    """Text that is no JSON becomes a dynamic string, as in Kusto."""
    value = site.values[0]
    if value.type == "dynamic":
        return value
    if value.type != "string":
        return converted(value, "dynamic")
    text = as_text(value)
    sql = f"coalesce(try_cast(nullif({text}, '') AS JSON), to_json(nullif({text}, '')))"
    return site.give("dynamic", sql)


def _branches(site: CallSite, values: list[Value]) -> tuple[KqlType, list[str]]:
    kql_type = common_type([value for value in values if not value.is_null] or values)
    if kql_type is None:
        types = ", ".join(sorted({value.type for value in values}))
        raise semantic_error(
            site.scope.said(f"{site.name}(): the branches have different types: {types}"), site.node.at
        )
    return kql_type, [as_text(value) if kql_type == "string" else converted(value, kql_type).sql for value in values]


def _iff(site: CallSite) -> Value:
    condition, *values = site.values
    kql_type, sql = _branches(site, values)
    return site.give(
        kql_type,
        f"CASE WHEN {condition.sql} THEN {sql[0]} ELSE {sql[1]} END",
        may_be_null=kql_type != "string" and any(value.may_be_null for value in values),
    )


def _case(site: CallSite) -> Value:
    if len(site.values) % 2 == 0:
        raise semantic_error(
            site.scope.said("case(): expects pairs of a predicate and a value, and a last value"), site.node.at
        )
    predicates = site.values[:-1:2]
    for predicate in predicates:
        if predicate.type != "bool":
            raise semantic_error(site.scope.said(f"case(): expects bool here, got {predicate.type}"), predicate.at)
    values = [*site.values[1::2], site.values[-1]]
    kql_type, sql = _branches(site, values)
    whens = " ".join(f"WHEN {test.sql} THEN {then}" for test, then in zip(predicates, sql, strict=False))
    may_be_null = kql_type != "string" and any(value.may_be_null for value in values)
    return site.give(kql_type, f"CASE {whens} ELSE {sql[-1]} END", may_be_null=may_be_null)


def _coalesce(site: CallSite) -> Value:
    """The first that is not null; of strings, the first that is not empty."""
    values = list(site.values)
    kql_type, sql = _branches(site, values)
    if kql_type == "string":
        nullable = ", ".join(f"nullif({item}, '')" for item in sql)
        return site.give("string", f"coalesce({nullable}, '')", may_be_null=False)
    if kql_type == "dynamic":
        sql = [f"CASE WHEN json_type({item}) <> 'NULL' THEN {item} END" for item in sql]
    return site.give(kql_type, f"coalesce({', '.join(sql)})", may_be_null=all(value.may_be_null for value in values))


def null_test(value: Value) -> str:
    """`isnull`: a JSON null is a null; a string never is."""
    if value.type == "string":
        return "false"
    if value.type == "dynamic":
        return f"(coalesce(json_type({value.sql}), 'NULL') = 'NULL')"
    return f"({value.sql} IS NULL)"


def _isnull(site: CallSite) -> Value:
    return site.give("bool", null_test(site.values[0]), may_be_null=False)


def _isnotnull(site: CallSite) -> Value:
    return site.give("bool", f"(NOT {null_test(site.values[0])})", may_be_null=False)


def _empty_test(value: Value) -> str:
    if value.type in ("string", "dynamic"):
        return f"({as_text(value)} = '')"
    return f"({value.sql} IS NULL)"


def _isempty(site: CallSite) -> Value:
    return site.give("bool", _empty_test(site.values[0]), may_be_null=False)


def _isnotempty(site: CallSite) -> Value:
    return site.give("bool", f"(NOT {_empty_test(site.values[0])})", may_be_null=False)


def _not(site: CallSite) -> Value:
    value = site.values[0]
    return site.give("bool", f"(NOT {value.sql})", may_be_null=value.may_be_null)


_JSON_TYPES = (
    "CASE json_type({0}) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'dictionary' WHEN 'VARCHAR' THEN 'string'"
    " WHEN 'BOOLEAN' THEN 'bool' WHEN 'DOUBLE' THEN 'double' WHEN 'BIGINT' THEN 'long' WHEN 'UBIGINT' THEN 'long'"
    " ELSE 'null' END"
)


def _gettype(site: CallSite) -> Value:
    value = site.values[0]
    if value.type == "dynamic":
        return site.give("string", _JSON_TYPES.format(value.sql), may_be_null=False)
    return constant("string", value.type, site.node.at)


def _extreme(function: str) -> Rule:
    def build(site: CallSite) -> Value:
        kql_type, sql = _branches(site, list(site.values))
        if kql_type in ("dynamic", "bool"):
            raise semantic_error(site.scope.said(f"{site.name}(): cannot compare {kql_type}"), site.node.at)
        return site.give(kql_type, f"{function}({', '.join(sql)})")

    return built("any any*", build)


RULES: dict[str, Rule] = {
    "case": built("bool any any any*", _case),
    "coalesce": built("any any*", _coalesce),
    "gettype": built("any", _gettype),
    "iff": built("bool any any", _iff),
    "iif": built("bool any any", _iff),
    "isempty": built("any", _isempty),
    "isfinite": rule("real", "bool", "isfinite({0})"),
    "isinf": rule("real", "bool", "isinf({0})"),
    "isnan": rule("real", "bool", "isnan({0})"),
    "isnotempty": built("any", _isnotempty),
    "isnotnull": built("any", _isnotnull),
    "isnull": built("any", _isnull),
    "max_of": _extreme("greatest"),
    "min_of": _extreme("least"),
    "new_guid": rule("", "guid", "CAST(uuid() AS VARCHAR)"),
    "not": built("bool", _not),
    "notempty": built("any", _isnotempty),
    "notnull": built("any", _isnotnull),
    "parse_json": built("any", _parse_json, takes_name=True),
    "parsejson": built("any", _parse_json, takes_name=True),
    "tobool": _to("bool"),
    "toboolean": _to("bool"),
    "todatetime": _to("datetime"),
    "todecimal": _to("decimal"),
    "todouble": _to("real"),
    "todynamic": built("any", _parse_json, takes_name=True),
    "toguid": _to("guid"),
    "toint": _to("int"),
    "tolong": _to("long"),
    "toobject": built("any", _parse_json, takes_name=True),
    "toreal": _to("real"),
    "tostring": _to("string"),
    "totimespan": _to("timespan"),
}
