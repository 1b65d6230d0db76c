"""Strings and numbers within the bounds that a schema sets. `variant` 0 is the plainest; others differ."""

from __future__ import annotations

import math
from types import MappingProxyType

from ingate.simulator.json_value import JsonObject, get_string, is_integer, is_number
from ingate.simulator.pattern_example import build_match

MAX_STRING = 4_096
MAX_NUMBER = 2**63
"""Bounds on what a schema can make us build; beyond them the value is short of what the schema asks."""

_FORMATS = MappingProxyType(
    {
        "date": "2026-01-{day:02}",
        "date-time": "2026-01-{day:02}T00:00:00Z",
        "time": "00:00:{day0:02}Z",
        "duration": "P{day}D",
        "email": "simulated{number}@example.com",
        "hostname": "{prefix}example.com",
        "ipv4": "192.0.2.{day}",
        "ipv6": "2001:db8::{day}",
        "uri": "https://example.com/{number}",
        "url": "https://example.com/{number}",
        "uuid": "00000000-0000-4000-8000-0000000000{day0:02}",
    }
)
_DAYS = 28
_FILLER = "simulated"


def build_string(schema: JsonObject, variant: int = 0) -> str:
    pattern = get_string(schema, "pattern")
    matching = _build_long_enough(pattern, schema, variant) if pattern else None
    if matching is not None:
        return matching
    text = _FORMATS.get(get_string(schema, "format"), "{number}" + _FILLER if variant else _FILLER)
    text = text.format(
        day=1 + variant % _DAYS,
        day0=variant % _DAYS,
        number=variant or "",
        prefix=f"{variant}." if variant else "",
    )
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if is_number(shortest) and len(text) < shortest:
        length = min(math.ceil(shortest), MAX_STRING)
        text = (text * (length // len(text) + 1))[:length]
    return text[: max(0, int(longest))] if is_number(longest) else text


def _build_long_enough(pattern: str, schema: JsonObject, variant: int) -> str | None:
    """A match that is as long as the schema wants it: repeats are added until it is."""
    shortest = schema.get("minLength")
    first = build_match(pattern, variant)
    if first is None or not is_integer(shortest) or len(first) >= shortest:
        return first
    for more in range(variant + 1, variant + min(shortest, 64) + 1):
        longer = build_match(pattern, more)
        if longer is not None and len(longer) >= shortest:
            return longer
    return first


def build_number(schema: JsonObject, variant: int = 0, *, is_whole: bool) -> int | float:
    """Nought if the bounds lead beyond what JSON readers take for a number."""
    try:
        value = _vary(_build_within_range(schema, is_whole=is_whole), schema, variant, is_whole=is_whole)
    except (ArithmeticError, ValueError):
        return 0
    return value if abs(value) < MAX_NUMBER else 0


def _vary(value: int | float, schema: JsonObject, variant: int, *, is_whole: bool) -> int | float:
    """Some steps up; down where the schema's bound is reached."""
    if not variant:
        return value
    step = schema.get("multipleOf")
    unit = step if is_number(step) and step > 0 else 1
    highest = schema.get("maximum", schema.get("exclusiveMaximum"))
    if is_number(highest) and value + unit * variant > highest:
        room = highest - value
        if room > 0 and not is_whole and not is_number(step):
            return value + room * variant / (variant + 1)
        return value - unit * variant
    return value + unit * variant


def _build_within_range(schema: JsonObject, *, is_whole: bool) -> int | float:
    """Nought moved into the bounds, in steps of `multipleOf`; bounds that leave no room are not met."""
    step = schema.get("multipleOf")
    unit = step if is_number(step) and step > 0 else 1 if is_whole else None
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    value: int | float = 0
    if is_number(low) and value < low:
        value = low if unit is None else math.ceil(low / unit) * unit
    if is_number(above) and value <= above:
        value = _move_above(above, unit, below if is_number(below) else high)
    if is_number(high) and value > high:
        value = high if unit is None else math.floor(high / unit) * unit
    if is_number(below) and value >= below:
        value = _move_below(below, unit, above if is_number(above) else low)
    return int(value) if is_whole else value


def _move_above(bound: int | float, unit: int | float | None, other: object) -> int | float:
    if unit is not None:
        return (math.floor(bound / unit) + 1) * unit
    return (bound + other) / 2 if is_number(other) and other > bound else bound + 1


def _move_below(bound: int | float, unit: int | float | None, other: object) -> int | float:
    if unit is not None:
        return (math.ceil(bound / unit) - 1) * unit
    return (bound + other) / 2 if is_number(other) and other < bound else bound - 1
