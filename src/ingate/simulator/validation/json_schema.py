"""Two questions about a client's JSON schema: is it one, and does it keep to the subset that output can be held to.

The subset: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations; the
words for what lies outside are the API's, as public repositories record them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ingate.simulator.json_value import JsonObject, get_objects, is_list, is_number, is_object

_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_SCHEMAS = ("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then")
_SCHEMA_MAPS = ("$defs", "definitions", "dependentSchemas", "patternProperties", "properties")
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_STRINGS = ("$ref", "$id", "$schema", "$comment", "description", "format", "pattern", "title")
_COUNTS = ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties")
_NUMBERS = ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf")
_NUMERIC_LIMITS = frozenset(_NUMBERS)
_UNSUPPORTED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "integer": _NUMERIC_LIMITS,
        "number": _NUMERIC_LIMITS,
        "string": frozenset({"maxLength", "minLength"}),
        "array": frozenset({"contains", "maxItems", "uniqueItems"}),
        "object": frozenset({"maxProperties", "minProperties", "patternProperties", "propertyNames"}),
    }
)


def is_draft_schema(schema: object) -> bool:
    """Whether this is a schema by draft 2020-12, as far as its keywords' own kinds say."""
    if not is_object(schema):
        return isinstance(schema, bool)
    for name, value in schema.items():
        check = _KEYWORDS.get(name)
        if check and not check(value):
            return False
    return True


def is_type(value: object) -> bool:
    if is_list(value):
        return bool(value) and all(isinstance(name, str) and name in _TYPES for name in value)
    return isinstance(value, str) and value in _TYPES


def is_string(value: object) -> bool:
    return isinstance(value, str)


def is_count(value: object) -> bool:
    return is_number(value) and value >= 0 and value == int(value)


def is_name_list(value: object) -> bool:
    if not is_list(value) or not all(isinstance(name, str) for name in value):
        return False
    return len(value) == len(set(map(str, value)))


def is_schema_map(value: object) -> bool:
    return is_object(value) and all(map(is_draft_schema, value.values()))


def is_schema_list(value: object) -> bool:
    return is_list(value) and bool(value) and all(map(is_draft_schema, value))


_KEYWORDS: Mapping[str, Callable[[object], bool]] = MappingProxyType(
    {
        "type": is_type,
        "enum": is_list,
        "required": is_name_list,
        **dict.fromkeys(_STRINGS, is_string),
        **dict.fromkeys(_COUNTS, is_count),
        **dict.fromkeys(_NUMBERS, is_number),
        **dict.fromkeys(_SCHEMAS, is_draft_schema),
        **dict.fromkeys(_SCHEMA_MAPS, is_schema_map),
        **dict.fromkeys(_SCHEMA_LISTS, is_schema_list),
    }
)


def explain_subset(schema: JsonObject) -> str | None:
    """The first thing in a schema that output cannot be held to; None if it can be."""
    for node in iterate_schemas(schema):
        kind = node.get("type")
        for name in kind if is_list(kind) else (kind,):
            problem = explain_limits(node, name) if isinstance(name, str) and name in _UNSUPPORTED else None
            if problem:
                return problem
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return f"External $ref is not supported: {reference[:100]}"
    return explain_cycle(schema)


def explain_limits(node: JsonObject, kind: str) -> str | None:
    if kind == "object" and node.get("additionalProperties") is not False:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    found = sorted(name for name in node if name in _UNSUPPORTED[kind])
    if len(found) == 1:
        return f"For '{kind}' type, property '{found[0]}' is not supported"
    if found:
        return f"For '{kind}' type, properties {', '.join(found)} are not supported"
    if kind == "array" and node.get("minItems", 0) not in (0, 1):
        return "For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    return None


def iterate_schemas(schema: object) -> Iterator[JsonObject]:
    """A schema and all that are in it."""
    if not is_object(schema):
        return
    yield schema
    for name in _SCHEMAS:
        yield from iterate_schemas(schema.get(name))
    for name in _SCHEMA_MAPS:
        members = schema.get(name)
        for member in members.values() if is_object(members) else ():
            yield from iterate_schemas(member)
    for name in _SCHEMA_LISTS:
        for member in get_objects(schema.get(name)):
            yield from iterate_schemas(member)


def explain_cycle(schema: JsonObject) -> str | None:
    """A definition that leads back to itself, or to the whole."""
    links: dict[str, list[str]] = {"#": find_references({name: schema[name] for name in schema if "def" not in name})}
    for holder in ("$defs", "definitions"):
        members = schema.get(holder)
        for name, member in members.items() if is_object(members) else ():
            links[f"#/{holder}/{name}"] = find_references(member)
    for start in links:
        trail = find_trail(start, start, links, set())
        if trail:
            names = [name.rpartition("/")[2] for name in (start, *trail)]
            return f"Circular reference detected in schema definitions: {' -> '.join(names)}"
    return None


def find_references(schema: object) -> list[str]:
    return [reference for node in iterate_schemas(schema) if isinstance(reference := node.get("$ref"), str)]


def find_trail(at: str, goal: str, links: Mapping[str, list[str]], seen: set[str]) -> list[str] | None:
    for following in links.get(at, ()):
        if following == goal:
            return [following]
        if following not in seen:
            seen.add(following)
            rest = find_trail(following, goal, links, seen)
            if rest:
                return [following, *rest]
    return None
