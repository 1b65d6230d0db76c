"""Values as Log Analytics renders them, mostly by DuckDB itself: a cell at a time, Python would take most of the time
of a large answer.

Datetimes are ISO 8601 in UTC with as many digits as they need, timespans `[-][d.]hh:mm:ss[.fffffff]`, decimals text,
dynamic values JSON in a string, and numbers that JSON has no name for `NaN`, `Infinity` and `-Infinity`. A string is
never null.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ingate.domain.log_query import LogType

_DATETIME = """CASE WHEN isfinite({0}) THEN
  rtrim(rtrim(strftime({0}, '%Y-%m-%dT%H:%M:%S.%f'), '0'), '.') || 'Z' END"""
_TIMESPAN = """CASE WHEN {0} IS NOT NULL THEN
  CASE WHEN {0} < 0 THEN '-' ELSE '' END
  || CASE WHEN abs({0}) >= 864000000000 THEN (abs({0}) // 864000000000) || '.' ELSE '' END
  || printf('%02d:%02d:%02d',
    (abs({0}) // 36000000000) % 24, (abs({0}) // 600000000) % 60, (abs({0}) // 10000000) % 60)
  || CASE WHEN abs({0}) % 10000000 != 0 THEN '.' || lpad(CAST(abs({0}) % 10000000 AS VARCHAR), 7, '0') ELSE '' END
  END"""
_EXPRESSIONS: dict[LogType, str] = {
    "bool": "CAST({0} AS BOOLEAN)",
    "datetime": _DATETIME,
    "dynamic": "{0} ->> '$'",
    "guid": "CAST({0} AS VARCHAR)",
    "int": "CAST({0} AS INTEGER)",
    "long": "CAST({0} AS BIGINT)",
    "real": "CAST({0} AS DOUBLE)",
    "string": "coalesce(CAST({0} AS VARCHAR), '')",
    "timespan": _TIMESPAN,
    "decimal": "rtrim(rtrim(CAST(CAST({0} AS DECIMAL(38,12)) AS VARCHAR), '0'), '.')",
}


def render_selection(sql: str, types: Sequence[LogType], most_rows: int) -> str:
    """The statement's rows in its order, with values that JSON has; one row more than `most_rows` if there is one."""
    names = [f"c{index}" for index in range(len(types))]
    values = ", ".join(_EXPRESSIONS[kind].format(name) for name, kind in zip(names, types, strict=True))
    return f"SELECT {values} FROM (\n{sql}\n) AS answer({', '.join(names)}) LIMIT {most_rows + 1}"  # noqa: S608


def name_nonfinite(rows: list[tuple[Any, ...]], types: Sequence[LogType]) -> list[Sequence[Any]]:
    """The same rows, where reals that are no numbers have names."""
    reals = [index for index, kind in enumerate(types) if kind == "real"]
    found: list[Sequence[Any]] = list(rows)
    for index in reals:
        for number, row in enumerate(found):
            value = row[index]
            if value is not None and not math.isfinite(value):
                named = list(row)
                named[index] = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
                found[number] = named
    return found
