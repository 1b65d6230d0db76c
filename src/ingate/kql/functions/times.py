"""Datetimes and timespans. Weeks begin on Sunday; bins of datetimes are counted from the year 1, as Kusto's ticks
are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from ingate.kql.functions.signatures import CallSite, Rule, built, rule
from ingate.kql.refusal import not_supported, semantic_error
from ingate.kql.rendering import quote_text
from ingate.kql.semantics.conversion import converted, widest
from ingate.kql.semantics.values import Value, constant

YEAR_ONE = 62_135_596_800_000_000
"""Microseconds from the year 1 to 1970."""

_PARTS = {
    "year": "year({0})",
    "quarter": "quarter({0})",
    "month": "month({0})",
    "week_of_year": "week({0})",
    "weekofyear": "week({0})",
    "day": "day({0})",
    "dayofyear": "dayofyear({0})",
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "(second({0}))",
    "millisecond": "(millisecond({0}) % 1000)",
    "microsecond": "(microsecond({0}) % 1000000)",
    "nanosecond": "((microsecond({0}) % 1000000) * 1000)",
}
_UNITS = {
    "year": "to_years(CAST({0} AS INTEGER))",
    "quarter": "to_months(CAST({0} AS INTEGER) * 3)",
    "month": "to_months(CAST({0} AS INTEGER))",
    "week": "to_days(CAST({0} AS INTEGER) * 7)",
    "day": "to_days(CAST({0} AS INTEGER))",
    "hour": "to_hours({0})",
    "minute": "to_minutes({0})",
    "second": "to_seconds({0})",
    "millisecond": "to_microseconds({0} * 1000)",
    "microsecond": "to_microseconds({0})",
}
_STARTS = {
    "day": "date_trunc('day', {0})",
    "week": "(date_trunc('week', {0} + INTERVAL 1 DAY) - INTERVAL 1 DAY)",
    "month": "date_trunc('month', {0})",
    "year": "date_trunc('year', {0})",
}


def _now(site: CallSite) -> Value:
    offset = site.values[0] if site.values else constant("timespan", 0, site.node.at)
    return _shifted(site, site.scope.compilation.now, offset, 1)


def _ago(site: CallSite) -> Value:
    return _shifted(site, site.scope.compilation.now, site.values[0], -1)


def _shifted(site: CallSite, start: datetime, offset: Value, sign: int) -> Value:
    known = offset.known.value if offset.known is not None else None
    if isinstance(known, int):
        try:
            return constant("datetime", start + timedelta(microseconds=sign * known // 10), site.node.at)
        except OverflowError:
            message = f"{site.name}(): a time before the year 1 or after 9999"
            raise semantic_error(site.scope.said(message), offset.at) from None
    operator = "+" if sign > 0 else "-"
    moment = constant("datetime", start, site.node.at)
    return site.give("datetime", f"({moment.sql} {operator} to_microseconds({offset.sql} // 10))")


def _bin(site: CallSite) -> Value:
    value, size = site.values
    if value.type == "datetime" and size.type == "timespan":
        step = _microseconds(size)
        sql = f"make_timestamp(epoch_us({value.sql}) - (epoch_us({value.sql}) + {YEAR_ONE}) % {step})"
        return site.give("datetime", sql, may_be_null=value.may_be_null or size.known is None)
    if value.type == size.type == "timespan":
        return site.give("timespan", _floor_to(value.sql, f"nullif(abs({size.sql}), 0)"))
    number = widest([value.type, size.type])
    if number is None:
        raise semantic_error(
            site.scope.said(f"{site.name}(): cannot round {value.type} by {size.type}"), site.node.at
        )
    a, b = converted(value, number).sql, converted(size, number).sql
    if number == "long":
        return site.give("long", _floor_to(a, f"nullif(abs({b}), 0)"))
    return site.give(number, f"(floor({a} / {b}) * {b})")


def _microseconds(size: Value) -> str:
    known = size.known.value if size.known is not None else None
    if isinstance(known, int) and known >= 10:
        return str(known // 10)
    if isinstance(known, int):
        raise semantic_error("bin(): the size of a bin must be at least a microsecond", size.at)
    return f"nullif({size.sql} // 10, 0)"


def _floor_to(value: str, size: str) -> str:
    return f"({value} - ((({value}) % {size}) + {size}) % {size})"


def _bin_at(site: CallSite) -> Value:
    value, size, fixed = site.values
    if value.type == "datetime" and size.type == "timespan" and fixed.type == "datetime":
        distance = f"(epoch_us({value.sql}) - epoch_us({fixed.sql}))"
        sql = f"make_timestamp(epoch_us({fixed.sql}) + {_floor_to(distance, _microseconds(size))})"
        return site.give("datetime", sql)
    if value.type == size.type == fixed.type == "timespan":
        distance = _floor_to(f"({value.sql} - {fixed.sql})", f"nullif(abs({size.sql}), 0)")
        return site.give("timespan", f"({fixed.sql} + {distance})")
    number = widest([value.type, size.type, fixed.type])
    if number is None:
        raise semantic_error(site.scope.said(f"bin_at(): cannot round {value.type} by {size.type}"), site.node.at)
    a, b, c = (converted(item, "real").sql for item in site.values)
    floored = f"({c} + floor(({a} - {c}) / {b}) * {b})"
    return site.give(number, f"CAST({floored} AS BIGINT)" if number == "long" else floored)


def _start_of(unit: str) -> Rule:
    def build(site: CallSite) -> Value:
        return site.give("datetime", _moved(site, _STARTS[unit].format(site.values[0].sql), unit))

    return built("datetime whole?", build, takes_name=True)


def _end_of(unit: str) -> Rule:
    def build(site: CallSite) -> Value:
        start = _moved(site, _STARTS[unit].format(site.values[0].sql), unit)
        after = _UNITS[unit].format("1")
        return site.give("datetime", f"({start} + {after} - INTERVAL 1 MICROSECOND)")

    return built("datetime whole?", build)


def _moved(site: CallSite, start: str, unit: str) -> str:
    return start if len(site.values) == 1 else f"({start} + {_UNITS[unit].format(site.values[1].sql)})"


def _datetime_add(site: CallSite) -> Value:
    unit = _unit(site, _UNITS)
    return site.give("datetime", f"({site.values[2].sql} + {_UNITS[unit].format(site.values[1].sql)})")


def _unit(site: CallSite, units: dict[str, str]) -> str:
    unit = site.constant_text(0).lower()
    if unit not in units:
        message = f"{site.name}(): '{unit}' is none of {', '.join(sorted(units))}"
        raise semantic_error(site.scope.said(message), site.values[0].at)
    return unit


def _datetime_diff(site: CallSite) -> Value:
    """How many boundaries of the unit lie between; weeks begin on Sunday."""
    units = {**_UNITS, "nanosecond": ""}
    unit, later, earlier = _unit(site, units), site.values[1].sql, site.values[2].sql
    if unit == "nanosecond":
        return site.give("long", f"((epoch_us({later}) - epoch_us({earlier})) * 1000)")
    if unit == "week":
        return site.give("long", f"({_week_number(later)} - {_week_number(earlier)})")
    return site.give("long", f"date_diff('{unit}', {earlier}, {later})")


def _week_number(moment: str) -> str:
    """Sundays since one before the year 1, whose first of January is a Monday."""
    return f"((epoch_us({moment}) + {YEAR_ONE} + 86400000000) // 604800000000)"


def _datetime_part(site: CallSite) -> Value:
    return site.give("long", f"CAST({_PARTS[_unit(site, _PARTS)].format(site.values[1].sql)} AS BIGINT)")


_FORMAT = re.compile(r"yyyy|yy|y|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|F{1,7}|tt|[ /\-:,._\[\]]|.", re.DOTALL)
_DATETIME_FORMATS = {
    "yyyy": "lpad(CAST(year({0}) AS VARCHAR), 4, '0')",
    "yy": "strftime({0}, '%y')",
    "y": "CAST(year({0}) % 100 AS VARCHAR)",
    "MM": "strftime({0}, '%m')",
    "M": "CAST(month({0}) AS VARCHAR)",
    "dd": "strftime({0}, '%d')",
    "d": "CAST(day({0}) AS VARCHAR)",
    "HH": "strftime({0}, '%H')",
    "H": "CAST(hour({0}) AS VARCHAR)",
    "hh": "strftime({0}, '%I')",
    "h": "CAST(CAST(strftime({0}, '%I') AS INTEGER) AS VARCHAR)",
    "mm": "strftime({0}, '%M')",
    "m": "CAST(minute({0}) AS VARCHAR)",
    "ss": "strftime({0}, '%S')",
    "s": "CAST(second({0}) AS VARCHAR)",
    "tt": "strftime({0}, '%p')",
}
_SPAN_FORMATS = {
    "hh": "lpad(CAST(abs({0}) // 36000000000 % 24 AS VARCHAR), 2, '0')",
    "h": "CAST(abs({0}) // 36000000000 % 24 AS VARCHAR)",
    "HH": "lpad(CAST(abs({0}) // 36000000000 % 24 AS VARCHAR), 2, '0')",
    "H": "CAST(abs({0}) // 36000000000 % 24 AS VARCHAR)",
    "mm": "lpad(CAST(abs({0}) // 600000000 % 60 AS VARCHAR), 2, '0')",
    "m": "CAST(abs({0}) // 600000000 % 60 AS VARCHAR)",
    "ss": "lpad(CAST(abs({0}) // 10000000 % 60 AS VARCHAR), 2, '0')",
    "s": "CAST(abs({0}) // 10000000 % 60 AS VARCHAR)",
}


def _format_datetime(site: CallSite) -> Value:
    ticks = "lpad(CAST(microsecond({0}) % 1000000 * 10 AS VARCHAR), 7, '0')"
    return _formatted(site, _DATETIME_FORMATS, ticks)


def _format_timespan(site: CallSite) -> Value:
    return _formatted(site, _SPAN_FORMATS, "lpad(CAST(abs({0}) % 10000000 AS VARCHAR), 7, '0')")


def _formatted(site: CallSite, formats: dict[str, str], ticks: str) -> Value:
    value, pieces = site.values[0].sql, list[str]()
    text = site.constant_text(1)
    for match in _days_merged(_FORMAT.findall(text), formats is _SPAN_FORMATS):
        pieces.append(_format_piece(site, match, value, formats, ticks))
    return site.give("string", f"coalesce({' || '.join(pieces) or chr(39) * 2}, '')", may_be_null=False)


def _days_merged(pieces: list[str], merge: bool) -> list[str]:
    """A timespan's run of `d` is one piece: the days, padded to its length."""
    merged: list[str] = []
    for piece in pieces:
        if merge and piece.strip("d") == "" and merged and merged[-1].strip("d") == "":
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _format_piece(site: CallSite, piece: str, value: str, formats: dict[str, str], ticks: str) -> str:
    if piece in formats:
        return formats[piece].format(value)
    if formats is _SPAN_FORMATS and piece and piece.strip("d") == "":
        days = f"CAST(abs({value}) // 864000000000 AS VARCHAR)"
        return f"lpad({days}, CAST(greatest({len(piece)}, length({days})) AS INTEGER), '0')"
    if piece[0] == "f":
        return f"left({ticks.format(value)}, {len(piece)})"
    if piece[0] == "F":
        return f"rtrim(left({ticks.format(value)}, {len(piece)}), '0')"
    if piece in " /-:,._[]" or (piece in "TZ" and formats is _DATETIME_FORMATS):
        return quote_text(piece)
    raise not_supported(site.scope.said(f"{site.name}(): '{piece}' in a format is not supported"), site.values[1].at)


def _zoned(template: str) -> Rule:
    """The zone is a constant, by its IANA name."""

    def build(site: CallSite) -> Value:
        name = site.constant_text(1)
        if name not in available_timezones():
            raise semantic_error(site.scope.said(f"{site.name}(): '{name}' is no time zone"), site.values[1].at)
        return site.give("datetime", template.format(site.values[0].sql, quote_text(name)))

    return built("datetime string", build)


def _make_datetime(site: CallSite) -> Value:
    sql = [value.sql for value in site.values]
    sql += ["1"] * (3 - len(sql)) if len(sql) < 3 else []
    sql += ["0"] * (6 - len(sql))
    year, month, day, hour, minute, second = sql
    seconds = f"floor(CAST({second} AS DOUBLE) * 1000000) / 1000000"
    made = f"TRY(make_timestamp({year}, {month}, {day}, {hour}, {minute}, {seconds}))"
    return site.give("datetime", made)


def _make_timespan(site: CallSite) -> Value:
    values = [value.sql if value.type == "real" else f"CAST({value.sql} AS BIGINT)" for value in site.values]
    days = values.pop(0) if len(values) == 4 else "0"
    hours, minutes, seconds = values + ["0"] * (3 - len(values))
    total = f"(({days} * 24 + {hours}) * 3600 + {minutes} * 60) * 10000000 + {seconds} * 10000000"
    return site.give("timespan", f"CAST({total} AS BIGINT)")


RULES: dict[str, Rule] = {
    "ago": built("timespan", _ago),
    "bin": built("any any", _bin, takes_name=True),
    "bin_at": built("any any any", _bin_at, takes_name=True),
    "datetime_add": built("string whole datetime", _datetime_add),
    "datetime_diff": built("string datetime datetime", _datetime_diff),
    "datetime_local_to_utc": _zoned("(({0} AT TIME ZONE {1}) AT TIME ZONE 'UTC')"),
    "datetime_utc_to_local": _zoned("(({0} AT TIME ZONE 'UTC') AT TIME ZONE {1})"),
    "datetime_part": built("string datetime", _datetime_part),
    "datepart": built("string datetime", _datetime_part),
    "dayofmonth": rule("datetime", "int", "CAST(day({0}) AS INTEGER)"),
    "dayofweek": rule("datetime", "timespan", "(CAST(dayofweek({0}) AS BIGINT) * 864000000000)"),
    "dayofyear": rule("datetime", "int", "CAST(dayofyear({0}) AS INTEGER)"),
    "endofday": _end_of("day"),
    "endofmonth": _end_of("month"),
    "endofweek": _end_of("week"),
    "endofyear": _end_of("year"),
    "floor": built("any any", _bin, takes_name=True),
    "format_datetime": built("datetime string", _format_datetime),
    "format_timespan": built("timespan string", _format_timespan, takes_name=True),
    "getmonth": rule("datetime", "int", "CAST(month({0}) AS INTEGER)"),
    "getyear": rule("datetime", "int", "CAST(year({0}) AS INTEGER)"),
    "hourofday": rule("datetime", "int", "CAST(hour({0}) AS INTEGER)"),
    "make_datetime": built("long long? long? long? long? number?", _make_datetime),
    "make_timespan": built("long long number? number?", _make_timespan),
    "monthofyear": rule("datetime", "int", "CAST(month({0}) AS INTEGER)"),
    "now": built("timespan?", _now),
    "startofday": _start_of("day"),
    "startofmonth": _start_of("month"),
    "startofweek": _start_of("week"),
    "startofyear": _start_of("year"),
    "unixtime_microseconds_todatetime": rule("whole", "datetime", "make_timestamp({0})"),
    "unixtime_milliseconds_todatetime": rule("whole", "datetime", "make_timestamp({0} * 1000)"),
    "unixtime_nanoseconds_todatetime": rule("whole", "datetime", "make_timestamp({0} // 1000)"),
    "unixtime_seconds_todatetime": rule("real", "datetime", "make_timestamp(CAST({0} * 1000000 AS BIGINT))"),
    "week_of_year": rule("datetime", "int", "CAST(week({0}) AS INTEGER)"),
    "weekofyear": rule("datetime", "int", "CAST(week({0}) AS INTEGER)"),
}
