"""The smallest value that a JSON schema accepts, for the arguments of a simulated tool call.

Read: const, enum, default, examples, type, required, properties, items, prefixItems, minItems, numeric bounds,
multipleOf, minLength, maxLength, format, pattern (see pattern_example), $ref into the same schema, allOf, and the
first branch of anyOf and oneOf. Other keywords (not, if, contains, uniqueItems, ...) are not obeyed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

from ingate.simulator.json_value import JsonObject, get_string, is_integer, is_list, is_number, is_object
from ingate.simulator.pattern_example import build_match

MAX_DEPTH = 16
MAX_VALUES = 1_000
MAX_STRING = 4_096
MAX_NUMBER = 2**63
"""Bounds on what a schema can make us build; beyond them the value is short of what the schema asks."""

_FORMATS = MappingProxyType(
    {
        "date": "2026-01-01",
        "date-time": "2026-01-01T00:00:00Z",
        "time": "00:00:00Z",
        "duration": "P1D",
        "email": "simulated@example.com",
        "hostname": "example.com",
        "ipv4": "192.0.2.1",
        "ipv6": "2001:db8::1",
        "uri": "https://example.com/",
        "url": "https://example.com/",
        "uuid": "00000000-0000-4000-8000-000000000000",
    }
)
_FILLER = "simulated"


def build_object(schema: JsonObject) -> JsonObject:
    """Arguments for a tool with this input schema; an empty object if the schema is not one of objects."""
    value = _Builder(schema).build(schema, 0)
    return value if is_object(value) else {}


class _Builder:
    """Walks one schema, counting what it makes: a schema may refer to itself."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._left = MAX_VALUES

    def build(self, schema: object, depth: int) -> object:
        self._left -= 1
        if not is_object(schema) or depth > MAX_DEPTH or self._left < 0:
            return None
        for given in _get_given_values(schema):
            return given
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self.build(_resolve(self._root, reference), depth + 1)
        branches = schema.get("anyOf") or schema.get("oneOf")
        if is_list(branches) and branches:
            rest = {name: member for name, member in schema.items() if name not in ("anyOf", "oneOf")}
            return self.build({"allOf": [rest, branches[0]]} if rest else branches[0], depth + 1)
        if is_list(schema.get("allOf")):
            return self.build(self._merge(schema, depth), depth + 1)
        return self._build_typed(schema, depth)

    def _build_typed(self, schema: JsonObject, depth: int) -> object:
        match _get_type(schema):
            case "object":
                return self._build_properties(schema, depth)
            case "array":
                return self._build_items(schema, depth)
            case "integer" | "number" as kind:
                return _build_number_within_range(schema, is_whole=kind == "integer")
            case "boolean":
                return False
            case "null":
                return None
            case _:
                return _build_string(schema)

    def _build_properties(self, schema: JsonObject, depth: int) -> JsonObject:
        properties = schema.get("properties")
        required = schema.get("required")
        known = properties if is_object(properties) else {}
        return {
            name: self.build(known.get(name, {}), depth + 1)
            for name in (required if is_list(required) else ())
            if isinstance(name, str) and self._left > 0
        }

    def _build_items(self, schema: JsonObject, depth: int) -> list[object]:
        prefix = schema.get("prefixItems")
        minimum = schema.get("minItems")
        first: Sequence[object] = prefix if is_list(prefix) else ()
        count = minimum if is_integer(minimum) else 0
        built: list[object] = []
        while len(built) < count and self._left > 0:
            place = len(built)
            built.append(self.build(first[place] if place < len(first) else schema.get("items", {}), depth + 1))
        return built

    def _merge(self, schema: JsonObject, depth: int) -> JsonObject:
        """One schema for all of `allOf`, their properties and required names joined."""
        merged: JsonObject = {}
        parts = schema["allOf"]
        rest = {name: member for name, member in schema.items() if name != "allOf"}
        for part in [rest, *(parts if is_list(parts) else ())]:
            resolved = self._resolve_all(part, depth)
            properties = _join_objects(merged.get("properties"), resolved.get("properties"))
            required = _join_lists(merged.get("required"), resolved.get("required"))
            merged |= resolved
            merged |= {"properties": properties} if properties else {}
            merged |= {"required": required} if required else {}
        return merged

    def _resolve_all(self, part: object, depth: int) -> JsonObject:
        self._left -= 1
        if not is_object(part) or depth > MAX_DEPTH or self._left < 0:
            return {}
        reference = part.get("$ref")
        if isinstance(reference, str):
            return self._resolve_all(_resolve(self._root, reference), depth + 1)
        return self._merge(part, depth + 1) if is_list(part.get("allOf")) else part


def _get_given_values(schema: JsonObject) -> Sequence[object]:
    """Values that the schema itself names, the most binding first."""
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    if is_list(values) and values:
        return values
    if "default" in schema and schema["default"] is not None:
        return (schema["default"],)
    examples = schema.get("examples")
    return examples if is_list(examples) else ()


def _get_type(schema: JsonObject) -> str:
    kind = schema.get("type")
    if is_list(kind):
        kind = next((name for name in kind if name != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema or "required" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "integer" if "minimum" in schema or "maximum" in schema else "string"


def _resolve(root: JsonObject, reference: str) -> object:
    """The schema that `#/a/b` points at; an empty one, which accepts anything, if there is none."""
    found: object = root
    if not reference.startswith("#"):
        return {}
    for step in reference[1:].split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if is_object(found) else None
    return found if is_object(found) else {}


def _join_objects(one: object, other: object) -> JsonObject:
    return (one if is_object(one) else {}) | (other if is_object(other) else {})


def _join_lists(one: object, other: object) -> list[object]:
    return [*(one if is_list(one) else ()), *(other if is_list(other) else ())]


def _build_number_within_range(schema: JsonObject, *, is_whole: bool) -> int | float:
    """Nought if the bounds lead beyond what JSON readers take for a number."""
    try:
        value = _build_number(schema, is_whole=is_whole)
    except (ArithmeticError, ValueError):
        return 0
    return value if abs(value) < MAX_NUMBER else 0


def _build_number(schema: JsonObject, *, is_whole: bool) -> int | float:
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


def _build_string(schema: JsonObject) -> str:
    pattern = get_string(schema, "pattern")
    matching = build_match(pattern) if pattern else None
    if matching is not None:
        return matching
    text = _FORMATS.get(get_string(schema, "format"), _FILLER)
    shortest, longest = schema.get("minLength"), schema.get("maxLength")
    if is_integer(shortest) and len(text) < shortest:
        text = (text * (min(shortest, MAX_STRING) // len(text) + 1))[: min(shortest, MAX_STRING)]
    return text[: max(0, longest)] if is_integer(longest) else text
