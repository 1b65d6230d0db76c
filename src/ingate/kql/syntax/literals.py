"""The inside of typed literals: datetime(...), timespan(...), 1.5h, long(...), real(...), guid(...)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from ingate.kql.refusal import syntax_error
from ingate.kql.syntax.lexing import TICKS_OF_UNIT
from ingate.kql.syntax.tokens import LITERAL_TYPES, NUMBER, Token
from ingate.kql.syntax.tree import Constant, Literal

LONG_LIMIT = 2**63
INT_LIMIT = 2**31
DECIMAL_LIMIT = 10**26
_CLOCK = re.compile(r"(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")
_DAY_ONLY = re.compile(r"(-)?(\d{1,8})")
_UNIT = re.compile(r"(-)?\s*(\d+(?:\.\d+)?)\s*([a-z]+)")
_FRACTION = re.compile(r"\.(\d+)")
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}.*", re.DOTALL)


def parse_number(token: Token) -> Literal:
    text = token.text
    if text[:2] in ("0x", "0X"):
        return _long(int(text, 16), token.at)
    if text.isdigit():
        return _long(int(text) if len(text) < 40 else LONG_LIMIT, token.at)
    value = float(text)
    if math.isinf(value):
        raise syntax_error("A number that does not fit into a real", token.at)
    return Literal(at=token.at, type="real", value=value)


def _long(value: int, at: int) -> Literal:
    if value > LONG_LIMIT:  # 2**63 itself may still get a minus sign
        raise syntax_error("A number that does not fit into a long", at)
    return Literal(at=at, type="long", value=value)


def parse_timespan_literal(token: Token) -> Literal:
    return Literal(at=token.at, type="timespan", value=_ticks(token.value, token.at))


def parse_typed_literal(token: Token) -> Literal:
    type_name = LITERAL_TYPES[token.text]
    return Literal(at=token.at, type=type_name, value=_typed_value(type_name, token.value, token.at))


def _typed_value(type_name: str, text: str, at: int) -> Constant:
    if text == "null":
        return None
    try:
        value = _PARSERS[type_name](text)
    except (ValueError, OverflowError, InvalidOperation):
        value = None
    if value is None:
        raise syntax_error(f"'{text}' is no {type_name}", at)
    return value


def _bool(text: str) -> bool | None:
    return {"true": True, "false": False, "1": True, "0": False}.get(text.lower())


def _integer(limit: int, text: str) -> int | None:
    value = int(text, 16) if text.lower().removeprefix("-").startswith("0x") else int(text)
    return value if -limit <= value < limit else None


def _real(text: str) -> float | None:
    if text.lower() in ("nan", "+inf", "-inf", "inf"):
        return float(text)
    return float(text) if NUMBER.fullmatch(text.lstrip("+-")) else None


def parse_datetime(text: str) -> datetime | None:
    """UTC, without a zone, in microseconds: Kusto's ticks of 100 ns are cut. None: not understood."""
    if not _ISO.fullmatch(text.strip()):
        return None
    shortened = _FRACTION.sub(lambda match: "." + match.group(1)[:6].ljust(6, "0"), text.strip(), count=1)
    year, month, rest = shortened.split("-", 2)
    day = re.match(r"\d+", rest)
    if day is None:
        return None
    padded = f"{year}-{month.zfill(2)}-{day.group().zfill(2)}{rest[day.end() :]}"
    value = datetime.fromisoformat(padded)
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def parse_ticks(text: str) -> int | None:
    """`1.12:30:00.5`, `12:30`, `3` (days), `1.5h`. None: not understood."""
    text = text.strip()
    if match := _CLOCK.fullmatch(text):
        sign, days, hours, minutes, seconds, fraction = match.groups()
        if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
            return None
        total = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
        ticks = total // timedelta(microseconds=1) * 10 + int((fraction or "0").ljust(7, "0"))
        return _bounded(-ticks if sign else ticks)
    if match := _DAY_ONLY.fullmatch(text):
        return _bounded(int(text) * TICKS_OF_UNIT["d"])
    match = _UNIT.fullmatch(text)
    if match is None or match.group(3) not in TICKS_OF_UNIT:
        return None
    ticks = int(Decimal(match.group(2)) * TICKS_OF_UNIT[match.group(3)])
    return _bounded(-ticks if match.group(1) else ticks)


def _bounded(ticks: int) -> int | None:
    return ticks if abs(ticks) < LONG_LIMIT else None


def _ticks(text: str, at: int) -> int:
    ticks = parse_ticks(text)
    if ticks is None:
        raise syntax_error(f"'{text}' is no timespan", at)
    return ticks


def _decimal(text: str) -> Decimal | None:
    value = Decimal(text) if len(text) <= 60 else None
    fits = value is not None and value.is_finite() and abs(value) < DECIMAL_LIMIT
    return value if fits else None


def _guid(text: str) -> str:
    return str(UUID(text))


def _int(text: str) -> int | None:
    return _integer(INT_LIMIT, text)


def _long_text(text: str) -> int | None:
    return _integer(LONG_LIMIT, text)


_PARSERS: dict[str, Callable[[str], Constant]] = {
    "bool": _bool,
    "datetime": parse_datetime,
    "decimal": _decimal,
    "guid": _guid,
    "int": _int,
    "long": _long_text,
    "real": _real,
    "timespan": parse_ticks,
}
