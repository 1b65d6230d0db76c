"""Whether a value obeys a JSON schema (2020-12, without `unevaluated*`, `$dynamicRef` and other documents).

For what the simulator itself has built, so it is lenient where it cannot tell: a pattern that is not simple, a
format, and whatever is deeper or larger than the bounds count as obeyed.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ingate.simulator.json_value import JsonObject, is_integer, is_list, is_number, is_object
from ingate.simulator.pattern_example import matches
from ingate.simulator.schema_merge import list_types, resolve

MAX_DEPTH = 40
MAX_CHECKS = 8_000


def is_valid(value: object, schema: object, root: JsonObject) -> bool:
    return Checker(root).check(value, schema)


def is_equal(one: object, other: object) -> bool:
    """Equality of JSON: 1 is 1.0, and neither is true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_list(one) and is_list(other):
        return len(one) == len(other) and all(map(is_equal, one, other))
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(is_equal(one[name], other[name]) for name in one)
    return one == other


def is_of_type(value: object, kind: str) -> bool:
    match kind:
        case "integer":
            return is_integer(value) or (isinstance(value, float) and value.is_integer())
        case "number":
            return is_number(value)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "array":
            return is_list(value)
        case "object":
            return is_object(value)
        case _:
            return True


class Checker:
    """Checks any number of values against parts of one schema, within one bound on all of the work."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._left = MAX_CHECKS

    def check(self, value: object, schema: object, depth: int = 0) -> bool:
        self._left -= 1
        if isinstance(schema, bool):
            return schema
        if not is_object(schema) or depth > MAX_DEPTH or self._left < 0:
            return True
        return (
            self._check_reference(value, schema, depth)
            and _check_given(value, schema)
            and _check_number(value, schema)
            and _check_text(value, schema)
            and self._check_items(value, schema, depth)
            and self._check_members(value, schema, depth)
            and self._check_logic(value, schema, depth)
        )

    def _check_reference(self, value: object, schema: JsonObject, depth: int) -> bool:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return True
        return self.check(value, resolve(self._root, reference), depth + 1)

    def _check_logic(self, value: object, schema: JsonObject, depth: int) -> bool:
        def fits(part: object) -> bool:
            return self.check(value, part, depth + 1)

        every, some, one = schema.get("allOf"), schema.get("anyOf"), schema.get("oneOf")
        if is_list(every) and not all(map(fits, every)):
            return False
        if is_list(some) and some and not any(map(fits, some)):
            return False
        if is_list(one) and one and sum(map(fits, one)) != 1:
            return False
        if "not" in schema and fits(schema["not"]):
            return False
        return "if" not in schema or fits(schema.get("then" if fits(schema["if"]) else "else", True))

    def _check_items(self, value: object, schema: JsonObject, depth: int) -> bool:
        if not is_list(value):
            return True
        prefix, rest = schema.get("prefixItems"), schema.get("items", True)
        first = prefix if is_list(prefix) else []
        parts = [first[place] if place < len(first) else rest for place in range(len(value))]
        return (
            _is_within(len(value), schema, "minItems", "maxItems")
            and all(self.check(item, part, depth + 1) for item, part in zip(value, parts, strict=True))
            and (schema.get("uniqueItems") is not True or _are_unique(value))
            and self._check_contained(value, schema, depth)
        )

    def _check_contained(self, items: list[object], schema: JsonObject, depth: int) -> bool:
        if "contains" not in schema:
            return True
        count = sum(self.check(item, schema["contains"], depth + 1) for item in items)
        return _is_within(count, {"minContains": 1} | schema, "minContains", "maxContains")

    def _check_members(self, value: object, schema: JsonObject, depth: int) -> bool:
        if not is_object(value):
            return True
        required = schema.get("required")
        if is_list(required) and any(name not in value for name in required):
            return False
        if not _is_within(len(value), schema, "minProperties", "maxProperties"):
            return False
        if not all(self._check_member(name, value[name], schema, depth) for name in value):
            return False
        for name, needed in get_object(schema, "dependentRequired").items():
            if name in value and is_list(needed) and any(other not in value for other in needed):
                return False
        return all(
            self.check(value, part, depth + 1)
            for name, part in get_object(schema, "dependentSchemas").items()
            if name in value
        )

    def _check_member(self, name: str, value: object, schema: JsonObject, depth: int) -> bool:
        if not self.check(name, schema.get("propertyNames", True), depth + 1):
            return False
        parts = list_property_schemas(name, schema)
        return all(self.check(value, part, depth + 1) for part in parts)


def list_property_schemas(name: str, schema: JsonObject) -> list[object]:
    """All that is said of a property of this name."""
    known = get_object(schema, "properties")
    parts = [known[name]] if name in known else []
    parts += [part for pattern, part in get_object(schema, "patternProperties").items() if matches(pattern, name)]
    return parts or [schema.get("additionalProperties", True)]


def get_object(schema: JsonObject, name: str) -> JsonObject:
    found = schema.get(name)
    return found if is_object(found) else {}


def _check_given(value: object, schema: JsonObject) -> bool:
    if "const" in schema and not is_equal(value, schema["const"]):
        return False
    members = schema.get("enum")
    if is_list(members) and not any(is_equal(value, member) for member in members):
        return False
    kinds = list_types(schema.get("type"))
    return not kinds or any(is_of_type(value, kind) for kind in kinds)


_COMPARISONS: tuple[tuple[str, Callable[[float, float], bool]], ...] = (
    ("minimum", lambda value, bound: value >= bound),
    ("maximum", lambda value, bound: value <= bound),
    ("exclusiveMinimum", lambda value, bound: value > bound),
    ("exclusiveMaximum", lambda value, bound: value < bound),
)


def _check_number(value: object, schema: JsonObject) -> bool:
    if not is_number(value):
        return True
    for name, holds in _COMPARISONS:
        bound = schema.get(name)
        if is_number(bound) and not holds(value, bound):
            return False
    step = schema.get("multipleOf")
    if not is_number(step) or step <= 0:
        return True
    if is_integer(value) and is_integer(step):
        return value % step == 0
    try:
        return math.isclose(value / step, round(value / step), rel_tol=1e-9, abs_tol=1e-9)
    except (OverflowError, ValueError):
        return False


def _check_text(value: object, schema: JsonObject) -> bool:
    if not isinstance(value, str):
        return True
    pattern = schema.get("pattern")
    return _is_within(len(value), schema, "minLength", "maxLength") and not (
        isinstance(pattern, str) and matches(pattern, value) is False
    )


def _is_within(count: int, schema: JsonObject, least_name: str, most_name: str) -> bool:
    least, most = schema.get(least_name), schema.get(most_name)
    return not (is_number(least) and count < least) and not (is_number(most) and count > most)


def _are_unique(items: list[object]) -> bool:
    return not any(is_equal(item, other) for place, item in enumerate(items) for other in items[:place])
