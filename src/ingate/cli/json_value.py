"""Reading JSON that someone else wrote: nothing is assumed to be there."""

from __future__ import annotations

from typing import Any, cast

JsonObject = dict[str, Any]


def get_object(value: object, *path: str) -> JsonObject:
    """The object at `path` inside `value`, or an empty one."""
    for name in path:
        value = cast(JsonObject, value).get(name) if isinstance(value, dict) else None
    return cast(JsonObject, value) if isinstance(value, dict) else {}


def get_objects(value: object, *path: str) -> list[JsonObject]:
    """The objects in the array at `path` inside `value`; anything else in it is left out."""
    *parents, last = path
    items = get_object(value, *parents).get(last)
    if not isinstance(items, list):
        return []
    return [cast(JsonObject, item) for item in cast(list[object], items) if isinstance(item, dict)]


def get_texts(value: object, *path: str) -> list[str]:
    """The strings in the array at `path` inside `value`; anything else in it is left out."""
    *parents, last = path
    items = get_object(value, *parents).get(last)
    return [item for item in cast(list[object], items) if isinstance(item, str)] if isinstance(items, list) else []


def get_text(value: object, *path: str) -> str:
    """The string or number at `path` inside `value` as text, or an empty string."""
    *parents, last = path
    found = get_object(value, *parents).get(last)
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return str(found) if isinstance(found, str | int | float) else ""
