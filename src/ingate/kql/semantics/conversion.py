"""From one type to another: what `tostring`, `tolong` and the like do, and what operators do silently."""

from __future__ import annotations

from dataclasses import replace

from ingate.kql.rendering import SQL_TYPES, render_constant, render_datetime_text, render_timespan_text
from ingate.kql.result import KqlType
from ingate.kql.semantics.values import NUMERIC, Value, constant, text_of
from ingate.kql.syntax.tree import Json

_TICKS_AS_TEXT = (
    "list_transform([{0}], lambda v_: CASE WHEN v_ < 0 THEN '-' ELSE '' END"
    " || CASE WHEN abs(v_) >= 864000000000 THEN CAST(abs(v_) // 864000000000 AS VARCHAR) || '.' ELSE '' END"
    " || lpad(CAST(abs(v_) // 36000000000 % 24 AS VARCHAR), 2, '0')"
    " || ':' || lpad(CAST(abs(v_) // 600000000 % 60 AS VARCHAR), 2, '0')"
    " || ':' || lpad(CAST(abs(v_) // 10000000 % 60 AS VARCHAR), 2, '0')"
    " || CASE WHEN abs(v_) % 10000000 <> 0"
    " THEN '.' || lpad(CAST(abs(v_) % 10000000 AS VARCHAR), 7, '0') ELSE '' END)[1]"
)
_REAL_AS_TEXT = (
    "replace(replace(upper(CAST({0} AS VARCHAR)), 'NAN', 'NaN'), 'INF', 'Infinity')"  # 1E+20, and no other letters
)
_DATETIME_AS_TEXT = "strftime({0}, '%Y-%m-%dT%H:%M:%S.%f') || '0Z'"
_OTHER_DATETIMES = (
    "['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y', '%m/%d/%Y %I:%M:%S %p', '%a, %d %b %Y %H:%M:%S GMT',"
    " '%d %b %Y %H:%M:%S', '%d %b %Y %H:%M', '%A, %d-%b-%y %H:%M:%S GMT', '%a %b %d %H:%M:%S %Y']"
)
"""RFC 822, RFC 850 and the American way. ISO 8601 is DuckDB's own."""
_TEXT_AS_DATETIME = (
    "list_transform([trim({0})], lambda v_:"
    " CASE WHEN NOT regexp_matches(v_, '^\\d{4}-\\d') THEN CASE WHEN regexp_matches(v_, '\\d')"
    " THEN try_strptime(v_, " + _OTHER_DATETIMES + ") END"
    " WHEN regexp_matches(v_, '(Z|:\\d\\d(\\.\\d+)?[+-]\\d\\d:?\\d\\d)$')"
    " THEN try_cast(v_ AS TIMESTAMPTZ) AT TIME ZONE 'UTC' ELSE try_cast(v_ AS TIMESTAMP) END)[1]"
)
_CLOCK = r"^\s*(-?)(?:(\d{1,7})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?\s*$"
_TEXT_AS_TICKS = (
    "list_transform([regexp_extract({0}, '" + _CLOCK + "', ['s','d','h','m','x','f'])], lambda v_:"
    " CASE WHEN v_.h = '' THEN try_cast(trim({0}) AS BIGINT) * 864000000000 ELSE"
    " (CASE WHEN v_.s = '-' THEN -1 ELSE 1 END) * ("
    "coalesce(try_cast(v_.d AS BIGINT), 0) * 864000000000 + CAST(v_.h AS BIGINT) * 36000000000"
    " + CAST(v_.m AS BIGINT) * 600000000 + coalesce(try_cast(v_.x AS BIGINT), 0) * 10000000"
    " + coalesce(try_cast(rpad(v_.f, 7, '0') AS BIGINT), 0)) END)[1]"
)


def as_text(value: Value) -> str:
    """`tostring`: never null."""
    if value.type in ("string", "guid"):
        return text_of(value)
    if value.known is not None and value.known.value is None:
        return "''"
    sql = _raw_text(value)
    return f"coalesce({sql}, '')" if value.may_be_null or value.type == "dynamic" else sql


def _raw_text(value: Value) -> str:
    if value.type == "datetime":
        if value.known is not None:
            return render_constant("string", render_datetime_text(value.known.value))
        return _DATETIME_AS_TEXT.format(value.sql)
    if value.type == "timespan":
        if value.known is not None and isinstance(value.known.value, int):
            return render_constant("string", render_timespan_text(value.known.value))
        return _TICKS_AS_TEXT.format(value.sql)
    if value.type == "dynamic":
        return f"({value.sql} ->> '$')"
    if value.type == "bool":
        return f"CASE WHEN {value.sql} THEN 'true' WHEN NOT ({value.sql}) THEN 'false' END"
    if value.type == "real":
        return _REAL_AS_TEXT.format(value.sql)
    if value.type == "decimal":
        return f"regexp_replace(CAST({value.sql} AS VARCHAR), '\\.?0+$', '')"
    return f"CAST({value.sql} AS VARCHAR)"


def as_json(value: Value) -> str:
    """The value as JSON; SQL's null when it is null. What JSON has no form for is text, as in Kusto."""
    if value.type == "dynamic":
        return value.sql
    if value.type == "string":
        return f"to_json({text_of(value)})"
    if value.type in ("datetime", "timespan"):
        return f"to_json({_raw_text(value)})"
    if value.type == "real":
        return f"to_json(CASE WHEN isfinite({value.sql}) THEN {value.sql} END)"
    if value.type == "decimal":
        return f"to_json(CAST({value.sql} AS DOUBLE))"
    return f"to_json({value.sql})"


def converted(value: Value, target: KqlType) -> Value:
    """As `tolong(value)` and its like: what cannot be converted is null."""
    if value.type == target:
        return value
    if value.is_null:
        return constant(target, "" if target == "string" else None, value.at)
    folded = _folded(value, target)
    if folded is not None:
        return folded
    sql = _converted_sql(value, target)
    never_null = target == "string" or (not value.may_be_null and _always_converts(value.type, target))
    return Value(sql=sql, type=target, at=value.at, may_be_null=not never_null)


def _folded(value: Value, target: KqlType) -> Value | None:
    known = value.known.value if value.known is not None else None
    if isinstance(known, bool | Json) or known is None:
        return None
    if value.type in ("int", "long") and isinstance(known, int):
        if target == "real":
            return constant("real", float(known), value.at)
        if target == "long" or (target == "int" and -(2**31) <= known < 2**31):
            return constant(target, known, value.at)
    if value.type == "real" and isinstance(known, float) and target == "long" and abs(known) < 2**62:
        return constant("long", int(known), value.at)
    return None


def _always_converts(source: KqlType, target: KqlType) -> bool:
    return (source, target) in {("int", "long"), ("int", "real"), ("long", "real"), ("bool", "long"), ("bool", "int")}


def _converted_sql(value: Value, target: KqlType) -> str:
    if target == "string":
        return as_text(value)
    if target == "dynamic":
        return as_json(value)
    if target == "guid":
        return f"CAST(try_cast({as_text(value)} AS UUID) AS VARCHAR)"
    if target == "bool":
        return _as_bool(value)
    if target == "datetime":
        return _as_datetime(value)
    if target == "timespan":
        return _as_ticks(value)
    return _as_number(value, SQL_TYPES[target], target in ("int", "long"))


def _as_bool(value: Value) -> str:
    if value.type in NUMERIC:
        return f"({value.sql} <> 0)"
    return (
        f"list_transform([lower(trim({as_text(value)}))], lambda v_: CASE WHEN v_ IN ('true', '1') THEN true"
        " WHEN v_ IN ('false', '0') THEN false END)[1]"
    )


def _as_datetime(value: Value) -> str:
    if value.type in ("string", "dynamic"):
        return _TEXT_AS_DATETIME.replace("{0}", as_text(value))
    if value.type in ("int", "long"):
        return f"make_timestamp(CAST({value.sql} AS BIGINT) // 10 - 62135596800000000)"
    return "CAST(NULL AS TIMESTAMP)"


def _as_ticks(value: Value) -> str:
    if value.type in ("string", "dynamic"):
        return _TEXT_AS_TICKS.replace("{0}", as_text(value))
    if value.type in ("int", "long"):
        return f"CAST({value.sql} AS BIGINT)"
    return "CAST(NULL AS BIGINT)"


def _as_number(value: Value, sql_type: str, integral: bool) -> str:
    if value.type in ("string", "dynamic", "guid"):
        return _text_as_number(as_text(value), sql_type, integral, value.type == "dynamic")
    if value.type == "bool":
        return f"CAST(CAST({value.sql} AS INTEGER) AS {sql_type})"
    if value.type == "datetime":
        return f"try_cast((epoch_us({value.sql}) + 62135596800000000) * 10 AS {sql_type})"
    if value.type in ("real", "decimal") and integral:
        return f"try_cast(trunc({value.sql}) AS {sql_type})"
    return f"try_cast({value.sql} AS {sql_type})"


def _text_as_number(text: str, sql_type: str, integral: bool, from_json: bool) -> str:
    if not integral:
        words = " WHEN v_ IN ('true', 'false') THEN CASE WHEN v_ = 'true' THEN 1 ELSE 0 END" if from_json else ""
        pattern = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
        return (
            f"list_transform([trim({text})], lambda v_: CASE WHEN regexp_matches(v_, '{pattern}')"
            f" OR lower(v_) IN ('nan', 'inf', '-inf') THEN try_cast(v_ AS {sql_type}){words} END)[1]"
        )
    words = " WHEN v_ = 'true' THEN 1 WHEN v_ = 'false' THEN 0" if from_json else ""
    if from_json:
        words += (
            f" WHEN try_cast(v_ AS DOUBLE) IS NOT NULL THEN try_cast(trunc(try_cast(v_ AS DOUBLE)) AS {sql_type})"
        )
    return (
        f"list_transform([trim({text})], lambda v_: CASE WHEN regexp_matches(v_, '^[+-]?\\d+$|^0[xX][0-9a-fA-F]+$')"
        f" THEN try_cast(v_ AS {sql_type}){words} END)[1]"
    )


def widest(types: list[KqlType]) -> KqlType | None:
    """The numeric type that holds all of these; two ints make a long, as Kusto promotes them. None: not all
    numbers."""
    if not types or any(kql_type not in NUMERIC for kql_type in types):
        return None
    return "decimal" if "decimal" in types else "real" if "real" in types else "long"


def common_type(values: list[Value]) -> KqlType | None:
    """The type of `iff` and `coalesce` over these. None: there is none. A dynamic gives way to what is typed."""
    types: list[KqlType] = [value.type for value in values]
    distinct: set[KqlType] = set(types)
    if len(distinct) == 1:
        return types[0]
    wide = widest(types)
    if wide is not None:
        return wide
    distinct.discard("dynamic")
    return distinct.pop() if len(distinct) == 1 else None


def retyped(value: Value, target: KqlType) -> Value:
    return replace(value, type=target) if value.type != target else value
