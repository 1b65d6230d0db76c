"""A small value that a JSON schema accepts, for the arguments of a simulated tool call and for structured output.

Built and then checked: each schema comes down to plain alternatives (schema_merge), each alternative to a value and
variants of it, and the first that `schema_check` accepts is taken. Required properties only, unless the prompt names
others or the schema wants more. What a schema makes us try is bounded; beyond that, or when a schema contradicts
itself, the first value stands although it does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ingate.simulator.json_value import JsonObject, get_string, is_list, is_number, is_object
from ingate.simulator.pattern_example import build_match
from ingate.simulator.schema_check import Checker, get_object, is_equal, list_property_schemas
from ingate.simulator.schema_merge import MAX_DEPTH, Alternative, Flattener, list_types, merge
from ingate.simulator.schema_values import build_number, build_string

MAX_VALUES = 1_000
MOST_VARIANTS = 6
MOST_UNIQUE = 200
"""Bounds on what a schema can make us build; beyond them the value is short of what the schema asks."""

_LAST_RESORTS: tuple[object, ...] = ("", "a", 0.5, -1, True, None, [], {})
"""For schemas that say what a value is not."""

_NEED_CHECKING = frozenset(
    {
        *("$ref", "allOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "dependentRequired", "contains"),
        *("propertyNames", "patternProperties", "default", "examples", "minLength", "maxLength", "pattern"),
        *("multipleOf", "maximum", "exclusiveMaximum", "uniqueItems", "minProperties", "maxProperties"),
    }
)


class Suggest(Protocol):
    """Says a value for a property, or None. It is taken if the property's schema accepts it."""

    def __call__(self, name: str, schema: JsonObject, *, is_required: bool) -> object: ...


def suggest_nothing(name: str, schema: JsonObject, *, is_required: bool) -> object:
    return None


def build_object(schema: JsonObject, *, suggest: Suggest = suggest_nothing) -> JsonObject:
    """Arguments for a tool with this input schema; an empty object if the schema is not one of objects."""
    value = build_value(schema, suggest=suggest)
    return value if is_object(value) else {}


def build_value(schema: JsonObject, *, suggest: Suggest = suggest_nothing) -> object:
    """A value for a whole schema, whatever its type."""
    return _Builder(schema, suggest).build(schema, 0, ("#",))


class _Builder:
    """Walks one schema, counting what it makes: a schema may refer to itself."""

    def __init__(self, root: JsonObject, suggest: Suggest) -> None:
        self._suggest = suggest
        self._checker = Checker(root)
        self._flattener = Flattener(root)
        self._left = MAX_VALUES

    def build(self, schema: object, depth: int, opened: Sequence[str], variant: int = 0) -> object:
        """The first value that fits, or the first of all if none does. `opened`: references that led here."""
        self._left -= 1
        if not is_object(schema) or depth > MAX_DEPTH or self._left < 0:
            return None
        first: list[object] = []
        for candidate in self._list_candidates(schema, depth, opened, variant):
            if _NEED_CHECKING.isdisjoint(schema) or self._checker.check(candidate, schema):
                return candidate
            first = first or [candidate]
            if self._left < 0:
                break
        return first[0] if first else None

    def _list_candidates(
        self, schema: JsonObject, depth: int, opened: Sequence[str], variant: int
    ) -> Iterator[object]:
        alternatives = self._flattener.list_alternatives(schema, opened)
        for extra in range(MOST_VARIANTS):
            for alternative in alternatives:
                yield self._build_plain(alternative, depth, variant + extra)
        yield from _LAST_RESORTS

    def _build_plain(self, alternative: Alternative, depth: int, variant: int) -> object:
        schema = alternative.schema
        given = _get_given_values(schema)
        if given:
            return given[variant % len(given)]
        for name in ("default", "examples"):
            value = schema.get(name)
            told = value if is_list(value) and name == "examples" else [] if value is None else [value]
            if variant < len(told):
                return told[variant]
            variant -= len(told)
        match _get_type(schema):
            case "object":
                return self._build_properties(alternative, depth, variant)
            case "array":
                return self._build_items(alternative, depth, variant)
            case "integer" | "number" as kind:
                return build_number(schema, variant, is_whole=kind == "integer")
            case "boolean":
                return bool(variant % 2)
            case "null":
                return None
            case _:
                return build_string(schema, variant)

    def _build_properties(self, alternative: Alternative, depth: int, variant: int) -> JsonObject:
        """The properties that must be there and those that were spoken of; a variant has optional ones as well."""
        schema, opened = alternative.schema, alternative.open_references
        built: JsonObject = {}
        optional = [name for name in get_object(schema, "properties") if name not in _list_required(schema, ())]
        for name in _list_required(schema, optional[:variant]):
            if self._left <= 0:
                break
            built[name] = self._build_property(name, schema, depth, opened, variant)
        if depth == 0:
            built |= self._list_named(schema, optional, built)
        for name in self._list_more_names(schema, built):
            built[name] = self._build_property(name, schema, depth, opened, 0)
        return built

    def _build_property(
        self, name: str, schema: JsonObject, depth: int, opened: Sequence[str], variant: int
    ) -> object:
        described = [part for part in list_property_schemas(name, schema) if is_object(part)]
        own: JsonObject = described[0] if len(described) == 1 else {"allOf": [*described]} if described else {}
        if variant == 0:
            for plain in self._flattener.list_alternatives(own, opened)[:1]:
                said = self._suggest(name, plain.schema, is_required=True)
                if said is not None and self._checker.check(said, own):
                    return said
        return self.build(own, depth + 1, opened, variant)

    def _list_named(self, schema: JsonObject, optional: Sequence[str], built: JsonObject) -> JsonObject:
        """Optional properties for which the prompt says a value."""
        named: JsonObject = {}
        for name in optional:
            own = get_object(schema, "properties")[name]
            if name in built or not is_object(own):
                continue
            for plain in self._flattener.list_alternatives(own, ())[:1]:
                said = self._suggest(name, plain.schema, is_required=False)
                if said is not None and self._checker.check(said, own):
                    named[name] = said
        return named

    def _list_more_names(self, schema: JsonObject, built: JsonObject) -> Iterator[str]:
        """Names to reach `minProperties`: optional properties first, then names that the schema lets one invent."""
        least = schema.get("minProperties")
        missing = min(int(least) - len(built), MAX_VALUES) if is_number(least) else 0
        names = [name for name in get_object(schema, "properties") if name not in built]
        rule = get_object(schema, "propertyNames")
        patterns = [*get_object(schema, "patternProperties")]
        for place in range(missing):
            if place < len(names):
                yield names[place]
            elif schema.get("additionalProperties") is False and patterns:
                yield build_match(patterns[0], place) or f"simulated{place}"
            else:
                yield build_string(rule, place) if rule else f"simulated{place}"

    def _build_items(self, alternative: Alternative, depth: int, variant: int) -> list[object]:
        schema, opened = alternative.schema, alternative.open_references
        prefix, least = schema.get("prefixItems"), schema.get("minItems")
        first: Sequence[object] = prefix if is_list(prefix) else ()
        contained = self._count_contained(schema)
        count = max(int(least) if is_number(least) else 0, contained, min(len(first), variant))
        count = max(count, variant) if not first else count
        is_unique = schema.get("uniqueItems") is True
        built: list[object] = []
        while len(built) < min(count, MOST_UNIQUE if is_unique else MAX_VALUES) and self._left > 0:
            place = len(built)
            part = first[place] if place < len(first) else schema.get("items", {})
            part = part if is_object(part) else {}
            if len(first) <= place < len(first) + contained or (not first and place < contained):
                part = merge(part, get_object(schema, "contains"))
            built.append(self._build_item(part, depth, opened, built if is_unique else ()))
        return built

    def _build_item(self, schema: JsonObject, depth: int, opened: Sequence[str], others: Sequence[object]) -> object:
        """One item; among unique ones the first variant that is not there yet."""
        value: object = None
        for variant in range(len(others), len(others) * 2 + 2) if others else (0,):
            value = self.build(schema, depth + 1, opened, variant)
            if not any(is_equal(value, other) for other in others):
                break
        return value

    def _count_contained(self, schema: JsonObject) -> int:
        least = schema.get("minContains", 1)
        return int(least) if is_object(schema.get("contains")) and is_number(least) else 0


def _get_given_values(schema: JsonObject) -> Sequence[object]:
    """The only values that the schema accepts, if it names them."""
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    return values if is_list(values) else ()


def _list_required(schema: JsonObject, also: Sequence[str]) -> list[str]:
    """The names that must be there, and those that are called for by others that are."""
    required = schema.get("required")
    names = [name for name in (required if is_list(required) else ()) if isinstance(name, str)]
    names = list(dict.fromkeys([*names, *also]))
    called_for = get_object(schema, "dependentRequired")
    for name in names:
        more = called_for.get(name)
        names.extend(
            other for other in (more if is_list(more) else ()) if isinstance(other, str) and other not in names
        )
    return names


def _get_type(schema: JsonObject) -> str:
    kinds = list_types(schema.get("type"))
    kind = next((name for name in kinds if name != "null"), "null" if kinds else "")
    if kind:
        return kind
    if not {"properties", "required", "minProperties", "patternProperties"}.isdisjoint(schema):
        return "object"
    if not {"items", "prefixItems", "minItems", "contains"}.isdisjoint(schema):
        return "array"
    if "multipleOf" in schema:
        return "number"
    return "integer" if "minimum" in schema or "maximum" in schema else get_string(schema, "type") or "string"
