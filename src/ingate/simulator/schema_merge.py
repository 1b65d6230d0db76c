"""JSON schemas put together: references followed, `allOf` made one, and the alternatives of the others listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingate.simulator.json_value import JsonObject, is_list, is_number, is_object

MOST_ALTERNATIVES = 24
MOST_STEPS = 200
MOST_STEPS_OF_ALL = 5_000
MAX_DEPTH = 16
"""Bounds on what a schema that refers to itself can make us do."""
_LARGEST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"})
_SMALLEST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"})
_JOINED = frozenset({"properties", "patternProperties", "dependentRequired", "dependentSchemas", "$defs"})


def resolve(root: JsonObject, reference: str) -> object:
    """The schema that `#/a/b` points at; an empty one, which accepts anything, if there is none."""
    found: object = root
    if not reference.startswith("#"):
        return {}
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if is_list(found) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            found = found.get(name) if is_object(found) else None
    return found if is_object(found) or isinstance(found, bool) else {}


def merge(one: JsonObject, other: JsonObject) -> JsonObject:
    """A schema for what both accept, as far as one schema can say it without alternatives."""
    merged = one | other
    for name in one.keys() & other.keys():
        merged[name] = _merge_member(name, one[name], other[name])
    return merged


def _merge_member(name: str, mine: object, theirs: object) -> object:
    if name == "required" and is_list(mine) and is_list(theirs):
        return [*mine, *(item for item in theirs if item not in mine)]
    if name == "enum" and is_list(mine) and is_list(theirs):
        return [item for item in mine if item in theirs]
    if name in _JOINED and is_object(mine) and is_object(theirs):
        both = {key: {"allOf": [mine[key], theirs[key]]} for key in mine.keys() & theirs.keys()}
        return mine | theirs | (both if name.lower().endswith("properties") else {})
    if name == "type":
        mine_types, their_types = list_types(mine), list_types(theirs)
        return [kind for kind in mine_types if kind in their_types] or theirs
    if is_number(mine) and is_number(theirs) and name in _LARGEST | _SMALLEST:
        return max(mine, theirs) if name in _LARGEST else min(mine, theirs)
    return theirs


def list_types(kind: object) -> list[str]:
    return [name for name in (kind if is_list(kind) else [kind]) if isinstance(name, str)]


class Flattener:
    """Lists the plain schemas that one schema comes down to; `open_references` are those that led here."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._left = 0
        self._steps = 0
        self._all_steps = MOST_STEPS_OF_ALL

    def list_alternatives(self, schema: JsonObject, open_references: Sequence[str]) -> list[Alternative]:
        self._left = MOST_ALTERNATIVES
        self._steps = min(MOST_STEPS, self._all_steps)
        return list(self._flatten(schema, tuple(open_references), 0))

    def _flatten(self, schema: object, opened: tuple[str, ...], depth: int) -> Iterator[Alternative]:
        self._spend_step()
        if not is_object(schema) or depth > MAX_DEPTH or self._left <= 0 or self._steps < 0:
            return
        if isinstance(reference := schema.get("$ref"), str):
            rest = _without(schema, "$ref")
            target = resolve(self._root, reference)
            both = merge(target, rest) if is_object(target) else rest
            yield from self._flatten(both, (*opened, reference), depth + 1)
        elif is_list(parts := schema.get("allOf")):
            both = _without(schema, "allOf")
            for part in parts[:MOST_STEPS]:
                both, opened = self._join(both, part, opened)
            yield from self._flatten(both, opened, depth + 1)
        elif (name := next((name for name in ("anyOf", "oneOf") if schema.get(name)), None)) is not None:
            rest, branches = _without(schema, name), schema[name]
            ordered = sorted(get_branches(branches), key=lambda branch: branch.get("$ref") in opened)
            for branch in ordered:
                both, deeper = self._join(rest, branch, opened)
                yield from self._flatten(both, deeper, depth + 1)
        elif is_object(condition := schema.get("if")):
            yield from self._flatten_condition(schema, condition, opened, depth)
        else:
            self._left -= 1
            yield Alternative(schema, opened)

    def _flatten_condition(
        self, schema: JsonObject, condition: JsonObject, opened: tuple[str, ...], depth: int
    ) -> Iterator[Alternative]:
        """The ways in which a condition can be met or avoided; which of them works is found by checking."""
        rest = _without(schema, "if", "then", "else")
        met, unmet = schema.get("then", {}), schema.get("else", {})
        for parts in ((unmet,), (condition, met), (met,), ()):
            both, deeper = rest, opened
            for part in parts:
                both, deeper = self._join(both, part, deeper)
            yield from self._flatten(both, deeper, depth + 1)

    def _spend_step(self) -> None:
        self._steps -= 1
        self._all_steps -= 1

    def _join(self, schema: JsonObject, part: object, opened: tuple[str, ...]) -> tuple[JsonObject, tuple[str, ...]]:
        """The part's reference is followed first: two references have no room beside each other."""
        self._spend_step()
        if not is_object(part) or self._steps < 0:
            return schema, opened
        for _ in range(MAX_DEPTH):
            reference = part.get("$ref")
            if not isinstance(reference, str):
                break
            target = resolve(self._root, reference)
            part = merge(target if is_object(target) else {}, _without(part, "$ref"))
            opened = (*opened, reference)
        if is_list(inner := part.get("allOf")) and is_list(own := schema.get("allOf")):
            part = part | {"allOf": [*own, *inner]}
        return merge(schema, part), opened


class Alternative:
    """A schema without references and alternatives, and the references that led to it."""

    __slots__ = ("open_references", "schema")

    def __init__(self, schema: JsonObject, open_references: tuple[str, ...]) -> None:
        self.schema = schema
        self.open_references = open_references


def get_branches(branches: object) -> list[JsonObject]:
    return [branch for branch in branches if is_object(branch)] if is_list(branches) else []


def _without(schema: JsonObject, *names: str) -> JsonObject:
    return {name: member for name, member in schema.items() if name not in names}
