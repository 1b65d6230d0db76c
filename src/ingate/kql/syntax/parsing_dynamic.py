"""dynamic(...): JSON, with KQL's strings and with datetime and timespan literals inside."""

from __future__ import annotations

import math

from ingate.kql.refusal import syntax_error
from ingate.kql.rendering import render_datetime_text, render_timespan_text
from ingate.kql.syntax.cursor import Cursor
from ingate.kql.syntax.literals import parse_number, parse_timespan_literal, parse_typed_literal
from ingate.kql.syntax.tree import Json, JsonValue, Literal

_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}


def parse_dynamic(cursor: Cursor, at: int) -> Literal:
    cursor.expect("(")
    value = _parse_value(cursor)
    cursor.expect(")")
    return Literal(at=at, type="dynamic", value=None if value is None else Json(value))


def _parse_value(cursor: Cursor) -> JsonValue:
    with cursor.deeper():
        if cursor.is_symbol("["):
            return _parse_array(cursor)
        if cursor.is_symbol("{"):
            return _parse_bag(cursor)
        return _parse_scalar(cursor)


def _parse_array(cursor: Cursor) -> JsonValue:
    cursor.expect("[")
    items: list[JsonValue] = []
    while not cursor.is_symbol("]"):
        items.append(_parse_value(cursor))
        if not cursor.accept(","):
            break
    cursor.expect("]")
    return items


def _parse_bag(cursor: Cursor) -> JsonValue:
    cursor.expect("{")
    bag: dict[str, JsonValue] = {}
    while not cursor.is_symbol("}"):
        key = cursor.take()
        if key.kind not in ("string", "name"):
            raise syntax_error("Expected the name of a property, in quotes", key.at)
        cursor.expect(":")
        bag[key.value] = _parse_value(cursor)
        if not cursor.accept(","):
            break
    cursor.expect("}")
    return bag


def _parse_scalar(cursor: Cursor) -> JsonValue:
    negative = cursor.accept("-") is not None
    token = cursor.take()
    if token.kind == "number":
        number = parse_number(token).value
        if isinstance(number, int | float):
            return -number if negative else number
    if token.kind == "string" and not negative:
        return token.value
    if token.kind == "name" and token.text in _WORDS and not negative:
        return _WORDS[token.text]
    if token.kind in ("literal", "timespan") and not negative:
        literal = parse_timespan_literal(token) if token.kind == "timespan" else parse_typed_literal(token)
        return literal_as_json(literal)
    raise syntax_error("Expected a JSON value", token.at)


def literal_as_json(literal: Literal) -> JsonValue:
    """How a typed literal looks inside a dynamic value: times as text, numbers as numbers."""
    value = literal.value
    if literal.type == "datetime" and value is not None:
        return render_datetime_text(value)
    if literal.type == "timespan" and isinstance(value, int):
        return render_timespan_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return float(str(value))
