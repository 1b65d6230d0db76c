"""JSON objects one level deep: members that are not acted on keep the bytes they came with."""

from __future__ import annotations

from typing import Any

import msgspec

RawObject = dict[str, msgspec.Raw]
"""An object whose values are still JSON text."""

NULL = msgspec.Raw(b"null")

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that msgspec raises for bytes that are no JSON, or not of the type that was asked for."""

_decode_object = msgspec.json.Decoder(RawObject).decode
_decode_objects = msgspec.json.Decoder(list[RawObject]).decode


def parse_object(data: bytes | bytearray | msgspec.Raw | None) -> RawObject | None:
    """None when this is no JSON object."""
    if data is None:
        return None
    try:
        return _decode_object(data)
    except UNREADABLE:
        return None


def parse_objects(data: msgspec.Raw | None) -> list[RawObject] | None:
    """None when this is no array of objects."""
    if data is None:
        return None
    try:
        return _decode_objects(data)
    except UNREADABLE:
        return None


def parse_value(data: msgspec.Raw | None) -> Any:
    """The value itself; None when there is none."""
    if data is None:
        return None
    try:
        return msgspec.json.decode(data)
    except UNREADABLE:
        return None


def parse_text(data: msgspec.Raw | None) -> str | None:
    """None when this is no string."""
    value = parse_value(data)
    return value if isinstance(value, str) else None


def render_raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
