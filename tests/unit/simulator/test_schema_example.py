"""The smallest value of a schema, keyword by keyword."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ingate.simulator.schema_check import is_valid
from ingate.simulator.schema_example import build_object, build_value


def build(schema: dict[str, Any], **root: Any) -> Any:
    """The value for one required property with this schema."""
    whole: dict[str, Any] = {"type": "object", "properties": {"it": schema}, "required": ["it"]} | root
    return build_object(whole)["it"]


CASES: list[tuple[dict[str, Any], Any]] = [
    ({"type": "string"}, "simulated"),
    ({}, "simulated"),
    ({"type": "integer"}, 0),
    ({"type": "number"}, 0),
    ({"type": "boolean"}, False),
    ({"type": "null"}, None),
    ({"type": "array"}, []),
    ({"type": "object"}, {}),
    ({"type": ["null", "integer"]}, 0),
    ({"const": "x"}, "x"),
    ({"enum": ["celsius", "fahrenheit"]}, "celsius"),
    ({"type": "string", "default": "d"}, "d"),
    ({"type": "string", "default": None}, "simulated"),
    ({"type": "string", "examples": ["e"]}, "e"),
    ({"type": "string", "minLength": 12}, "simulatedsim"),
    ({"type": "string", "maxLength": 3}, "sim"),
    ({"type": "string", "format": "date"}, "2026-01-01"),
    ({"type": "string", "pattern": "^[A-Z]{3}-[0-9]+$"}, "AAA-0"),
    ({"type": "string", "pattern": "(?=x)y"}, "simulated"),
    ({"type": "integer", "minimum": 5}, 5),
    ({"type": "integer", "minimum": 1.5}, 2),
    ({"type": "integer", "exclusiveMinimum": 5}, 6),
    ({"type": "integer", "maximum": -3}, -3),
    ({"type": "integer", "exclusiveMaximum": 0}, -1),
    ({"type": "integer", "minimum": 1, "multipleOf": 4}, 4),
    ({"type": "number", "minimum": 0.5}, 0.5),
    ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, 0.5),
    ({"type": "number", "exclusiveMaximum": 0, "minimum": -1}, -0.5),
    ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, [0, 0]),
    ({"type": "array", "minItems": 2, "prefixItems": [{"const": 1}], "items": {"const": 2}}, [1, 2]),
    ({"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}, {"a": 0}),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 0),
    ({"oneOf": [{"enum": ["x"]}], "description": "d"}, "x"),
    (
        {
            "allOf": [
                {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                {"properties": {"b": {"type": "boolean"}}, "required": ["b"]},
            ]
        },
        {"a": 0, "b": False},
    ),
]


@pytest.mark.parametrize(("schema", "value"), CASES, ids=[str(schema) for schema, _ in CASES])
def test_a_schema_gets_its_smallest_value(schema: dict[str, Any], value: Any) -> None:
    assert build(schema) == value


def test_only_required_properties_are_given() -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"]}
    assert build_object(schema) == {"b": "simulated"}


def test_references_lead_to_definitions() -> None:
    unit = {"enum": ["metre"]}
    assert build({"$ref": "#/$defs/Unit"}, **{"$defs": {"Unit": unit}}) == "metre"
    assert build({"$ref": "#/$defs/a~1b"}, **{"$defs": {"a/b": unit}}) == "metre"
    assert build({"$ref": "#/$defs/Missing"}) == "simulated"


def test_a_schema_of_something_else_than_an_object_gets_no_arguments() -> None:
    assert build_object({"type": "string"}) == {}


KIND: dict[str, Any] = {
    "type": "object",
    "properties": {"kind": {"enum": ["card", "bank"]}},
    "required": ["kind"],
    "if": {"properties": {"kind": {"const": "card"}}},
    "then": {"properties": {"number": {"type": "string", "pattern": "^[0-9]{16}$"}}, "required": ["number"]},
    "else": {"required": ["iban"]},
}
NODE: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
    "required": ["name", "next"],
    "additionalProperties": False,
}
COMPOUND: dict[str, tuple[dict[str, Any], Any]] = {
    "if and then": (
        KIND | {"properties": {"kind": {"const": "card"}}},
        {"kind": "card", "number": "0" * 16},
    ),
    "if and else": (KIND | {"properties": {"kind": {"const": "bank"}}}, {"kind": "bank", "iban": "simulated"}),
    "dependentRequired": (
        {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"], "b": ["c"]}},
        {"a": "simulated", "b": "simulated", "c": "simulated"},
    ),
    "dependentSchemas": (
        {
            "type": "object",
            "required": ["a", "b"],
            "dependentSchemas": {"a": {"properties": {"b": {"minLength": 9}}}},
        },
        {"a": "simulated", "b": "simulated"},
    ),
    "oneOf is one of them only": ({"oneOf": [{"type": "integer"}, {"type": "number", "maximum": 4}]}, 5),
    "oneOf by a tag": (
        {
            "oneOf": [
                {"type": "object", "properties": {"t": {"const": "a"}}, "required": ["t"], "not": {}},
                {"type": "object", "properties": {"t": {"const": "b"}}, "required": ["t"]},
            ]
        },
        {"t": "b"},
    ),
    "not": ({"type": "string", "not": {"enum": ["simulated"]}}, "1simulated"),
    "uniqueItems": ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}}, [0, 1, 2]),
    "uniqueItems of an enum": (
        {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["x", "y"]}},
        ["x", "y"],
    ),
    "contains": (
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 7}, "minItems": 2},
        [7, 0],
    ),
    "additionalProperties": (
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
        {"simulated0": 0, "simulated1": 0},
    ),
    "patternProperties": (
        {
            "type": "object",
            "minProperties": 2,
            "patternProperties": {"^x-[a-z]$": {"type": "boolean"}},
            "additionalProperties": False,
        },
        {"x-a": False, "x-b": False},
    ),
    "a required name that a pattern describes": (
        {"type": "object", "required": ["x-a"], "patternProperties": {"^x-": {"type": "integer"}}},
        {"x-a": 0},
    ),
    "propertyNames": (
        {"type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[A-Z]{3}$"}},
        {"AAA": "simulated"},
    ),
    "a default that does not fit": ({"type": "integer", "default": "many"}, 0),
    "recursion ends as soon as it may": (
        {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}},
        {"name": "simulated", "next": None},
    ),
    "bounds of allOf together": ({"allOf": [{"type": "integer", "minimum": 3}, {"minimum": 8}]}, 8),
    "a pattern and a length": ({"type": "string", "pattern": "^[a-z]+$", "minLength": 4}, "dddd"),
}


@pytest.mark.parametrize("keyword", COMPOUND)
def test_what_keywords_say_together_is_obeyed(keyword: str) -> None:
    schema, value = COMPOUND[keyword]
    built = build_value(schema)
    assert is_valid(built, schema, schema)
    assert built == value


def test_a_contradiction_gets_some_value_all_the_same() -> None:
    assert build_value({"type": "string", "not": {"type": "string"}}) == "simulated"


def test_values_that_are_suggested_are_taken_if_the_schema_accepts_them() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "maximum": 3}, "unit": {}},
        "required": ["city", "days"],
    }
    said = {"city": "Rome", "days": 99, "unit": "km"}
    asked: list[tuple[str, bool]] = []

    def suggest(name: str, schema: dict[str, Any], *, is_required: bool) -> object:
        asked.append((name, is_required))
        return said.get(name)

    assert build_object(schema, suggest=suggest) == {"city": "Rome", "days": 0, "unit": "km"}
    assert asked == [("city", True), ("days", True), ("unit", False)]


HOSTILE: list[dict[str, Any]] = [
    {"$ref": "#"},
    {"allOf": [{"$ref": "#/properties/it"}, {"$ref": "#/properties/it"}]},
    {"type": "array", "minItems": 10**9, "items": {"type": "array", "minItems": 10**9}},
    {"type": "string", "minLength": 10**9},
    {"type": "string", "pattern": "((a{999}){999}){999}"},
    {"type": "string", "pattern": "(" * 5000},
    {"type": "string", "pattern": "(a+)+$"},
    {"type": "integer", "minimum": 1e308, "multipleOf": 1e-300},
    {"type": "integer", "minimum": 1e300},
    {"type": "number", "exclusiveMinimum": 1e308, "maximum": 1.7e308},
    {"type": "array", "minItems": 10**6, "uniqueItems": True, "items": {"type": "integer"}},
    {"type": "object", "minProperties": 10**9},
    {"anyOf": [{"anyOf": [{"$ref": "#"}] * 20}] * 20},
    {"allOf": [{"$ref": "#/properties/it"}, {"oneOf": [{"$ref": "#/properties/it"}] * 9}], "not": {}},
    {"if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#/properties/it"}, "not": {}},
    {"patternProperties": {"(a+)+$": {}, "(a|a)*$": {}}, "required": ["a" * 5000 + "!"]},
]


@pytest.mark.parametrize("schema", HOSTILE, ids=[str(schema)[:60] for schema in HOSTILE])
def test_a_schema_cannot_make_an_answer_take_long(schema: dict[str, Any]) -> None:
    started = time.perf_counter()
    build(schema)
    assert time.perf_counter() - started < 0.5
