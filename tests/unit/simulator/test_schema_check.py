"""Whether a value obeys a schema, keyword by keyword."""

from __future__ import annotations

from typing import Any

import pytest

from ingate.simulator.schema_check import is_valid

CASES: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": "integer"}, [1, 1.0], [1.5, True, "1", None]),
    ({"type": ["string", "null"]}, ["x", None], [0]),
    ({"enum": [1, "a"]}, [1, 1.0, "a"], [True, "b"]),
    ({"const": {"a": [1]}}, [{"a": [1.0]}], [{"a": [True]}, {}]),
    ({"minimum": 1, "maximum": 2}, [1, 2, "x"], [0, 3]),
    ({"exclusiveMinimum": 1, "exclusiveMaximum": 2}, [1.5], [1, 2]),
    ({"multipleOf": 0.1}, [0.3, 2], [0.35]),
    ({"minLength": 2, "maxLength": 3}, ["ab", 5], ["a", "abcd"]),
    ({"pattern": "^a+$"}, ["aa", 5], ["b"]),
    ({"items": {"type": "integer"}}, [[], [1]], [["x"]]),
    ({"prefixItems": [{"type": "integer"}], "items": False}, [[1], []], [[1, 2], ["x"]]),
    ({"minItems": 1, "maxItems": 2}, [[1]], [[], [1, 2, 3]]),
    ({"uniqueItems": True}, [[1, 2, True]], [[1, 1.0], [{"a": 1}, {"a": 1}]]),
    ({"contains": {"const": 1}, "maxContains": 1}, [[1, 2]], [[2], [1, 1]]),
    ({"required": ["a"]}, [{"a": 1}, []], [{}]),
    ({"properties": {"a": {"type": "integer"}}}, [{"a": 1}, {"b": "x"}], [{"a": "x"}]),
    ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}], [{"b": 1}]),
    ({"patternProperties": {"^x": {"type": "integer"}}}, [{"x": 1}, {"y": ""}], [{"xy": ""}]),
    ({"propertyNames": {"maxLength": 1}}, [{"a": 1}], [{"ab": 1}]),
    ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
    ({"dependentRequired": {"a": ["b"]}}, [{"a": 1, "b": 1}, {}], [{"a": 1}]),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, [{"a": 1, "b": 1}], [{"a": 1}]),
    ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1], [3]),
    ({"anyOf": [{"const": 1}, {"const": 2}]}, [1, 2], [3]),
    ({"oneOf": [{"minimum": 1}, {"maximum": 2}]}, [0, 3], [1]),
    ({"not": {"type": "string"}}, [1], ["x"]),
    ({"if": {"minimum": 5}, "then": {"multipleOf": 2}, "else": {"const": 1}}, [6, 1], [7, 2]),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, ["x"], [1]),
]


@pytest.mark.parametrize(("schema", "good", "bad"), CASES, ids=[str(schema) for schema, _, _ in CASES])
def test_values_that_obey_and_values_that_do_not(schema: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not is_valid(value, schema, schema)] == []
    assert [value for value in bad if is_valid(value, schema, schema)] == []


def test_what_cannot_be_told_counts_as_obeyed() -> None:
    unknown: list[dict[str, Any]] = [
        {"pattern": "(?=x)y"},
        {"format": "email"},
        {"$ref": "#"},
        {"unevaluatedProperties": False},
    ]
    for schema in unknown:
        assert is_valid("anything", schema, schema)
