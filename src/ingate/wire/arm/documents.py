"""JSON documents as Resource Manager keeps them: what a client wrote comes back, known to us or not."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import msgspec

JsonObject: TypeAlias = dict[str, Any]
"""A decoded JSON object."""


DEEPEST = 64
"""Levels of nesting. Resource Manager's documents have fewer than ten, and whoever walks one must not fail."""


def parse_document(body: bytes) -> JsonObject | None:
    """The JSON object in a request's body; None when it is anything else, or nested deeper than DEEPEST. No body
    at all is an empty object."""
    if not body.strip():
        return {}
    try:
        value: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(value, dict) or not _is_shallow(cast("JsonObject", value)):
        return None
    return cast("JsonObject", value)


def _is_shallow(document: JsonObject) -> bool:
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        level = [child for parent in level for child in _list_children(parent)]
        if not level:
            return True
    return False


def _list_children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(cast("JsonObject", value).values())
    return cast("list[Any]", value) if isinstance(value, list) else []


def render_document(document: object) -> bytes:
    return msgspec.json.encode(document)


def get_object(document: JsonObject, name: str) -> JsonObject:
    """The object under a name, or an empty one."""
    value: object = document.get(name)
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def without(document: JsonObject, names: frozenset[str]) -> JsonObject:
    """The document less some members, such as those that only the server may set."""
    return {name: value for name, value in document.items() if name not in names}


def merge_patch(document: JsonObject, patch: JsonObject) -> JsonObject:
    """JSON merge patch (RFC 7396), but `tags` are replaced whole, as Resource Manager's PATCH does."""
    merged = _merge(document, patch)
    if isinstance(patch.get("tags"), dict):
        merged["tags"] = patch["tags"]
    return merged


def _merge(document: JsonObject, patch: JsonObject) -> JsonObject:
    merged = dict(document)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _merge(get_object(merged, name), cast("JsonObject", value))
        else:
            merged[name] = value
    return merged
