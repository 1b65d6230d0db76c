"""SQL text for names and constants. The only place where a piece of a query's text becomes a piece of SQL.

Strings are standard SQL strings: a quote is doubled, nothing else is special; control characters are spelled with
`chr`, so that no tool on the way may trip over them.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime
from decimal import Decimal

from ingate.kql.result import KqlType
from ingate.kql.syntax.tree import Constant, Json

SQL_TYPES: dict[KqlType, str] = {
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "decimal": "DECIMAL(38,12)",
    "dynamic": "JSON",
    "guid": "VARCHAR",
    "int": "INTEGER",
    "long": "BIGINT",
    "real": "DOUBLE",
    "string": "VARCHAR",
    "timespan": "BIGINT",
}
_CONTROL = re.compile(r"([\x00-\x1f\x7f]+)")


def quote_name(name: str) -> str:
    """A NUL cannot stand in an identifier; it becomes U+FFFD. An empty name, which data may give a column, becomes a
    space."""
    return '"' + (name or " ").replace('"', '""').replace("\0", "\ufffd") + '"'


def quote_text(text: str) -> str:
    if not _CONTROL.search(text):
        return _quoted(text)
    pieces: list[str] = []
    for piece in _CONTROL.split(text):
        if _CONTROL.fullmatch(piece):
            pieces.extend(f"chr({ord(character)})" for character in piece)
        elif piece:
            pieces.append(_quoted(piece))
    return "(" + " || ".join(pieces) + ")"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def render_null(kql_type: KqlType) -> str:
    return "''" if kql_type == "string" else f"CAST(NULL AS {SQL_TYPES[kql_type]})"


def render_constant(kql_type: KqlType, value: Constant) -> str:
    if value is None:
        return render_null(kql_type)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    if isinstance(value, Json):
        text = json.dumps(value.value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return f"CAST({quote_text(text)} AS JSON)"
    if isinstance(value, str):
        return quote_text(value)
    if isinstance(value, Decimal):
        return f"CAST('{value:f}' AS DECIMAL(38,12))"
    if kql_type == "real":
        return _render_real(float(value))
    return f"CAST({int(value)} AS {SQL_TYPES[kql_type]})"


def _render_real(value: float) -> str:
    if math.isfinite(value):
        return f"CAST({value!r} AS DOUBLE)"
    name = "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return f"CAST('{name}' AS DOUBLE)"


def render_datetime_text(value: object) -> str:
    """As Kusto prints a datetime: seven digits of a second and a Z."""
    if not isinstance(value, datetime):
        return str(value)
    return value.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + f".{value.microsecond:06d}0Z"


def render_timespan_text(ticks: int) -> str:
    """As Kusto prints a timespan: [-][d.]hh:mm:ss[.fffffff]."""
    sign, rest = ("-", -ticks) if ticks < 0 else ("", ticks)
    days, rest = divmod(rest, 864_000_000_000)
    seconds, fraction = divmod(rest, 10_000_000)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return sign + (f"{days}." if days else "") + clock + (f".{fraction:07d}" if fraction else "")
