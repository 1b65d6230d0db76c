"""Decoded JSON, before anything is known about it: the questions that narrow its type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, TypeGuard

JsonObject: TypeAlias = "dict[str, object]"


def is_object(value: object) -> TypeGuard[JsonObject]:
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def is_integer(value: object) -> TypeGuard[int]:
    """JSON's true and false are not integers, though Python's are."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def get_objects(value: object) -> Sequence[JsonObject]:
    """The objects in a list; anything else counts as an empty list."""
    return [item for item in value if is_object(item)] if is_list(value) else ()


def get_string(value: JsonObject, name: str) -> str:
    """The string under this name; anything else counts as the empty string."""
    found = value.get(name)
    return found if isinstance(found, str) else ""
