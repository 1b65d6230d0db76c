"""The smallest value of a schema, keyword by keyword."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ingate.simulator.schema_example import build_object


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
]


@pytest.mark.parametrize("schema", HOSTILE, ids=[str(schema)[:60] for schema in HOSTILE])
def test_a_schema_cannot_make_an_answer_take_long(schema: dict[str, Any]) -> None:
    started = time.perf_counter()
    build(schema)
    assert time.perf_counter() - started < 0.5
