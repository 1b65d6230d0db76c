"""Checks on the shape of decoded JSON, as data: small pieces that are put together into tables.

A check takes a value and where it stands (`messages.0.role`) and returns the problem as the Messages API words
it, or None. The wording follows the errors the API is known to give, `path: Field required` and the like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ingate.simulator.json_value import is_integer, is_list, is_object

Check: TypeAlias = Callable[[object, str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One member of an object. An optional one may be absent or null."""

    check: Check
    required: bool = False


def check_any(value: object, path: str) -> str | None:
    return None


def check_string(value: object, path: str) -> str | None:
    return None if isinstance(value, str) else f"{path}: Input should be a valid string"


def check_boolean(value: object, path: str) -> str | None:
    return None if isinstance(value, bool) else f"{path}: Input should be a valid boolean"


def integer_from(minimum: int) -> Check:
    def check(value: object, path: str) -> str | None:
        if not is_integer(value):
            return f"{path}: Input should be a valid integer"
        if value < minimum:
            return f"{path}: Input should be greater than or equal to {minimum}"
        return None

    return check


def one_of(*allowed: str) -> Check:
    quoted = [f"'{name}'" for name in allowed]
    listed = " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))

    def check(value: object, path: str) -> str | None:
        return None if value in allowed else f"{path}: Input should be {listed}"

    return check


def list_of(check_item: Check) -> Check:
    def check(value: object, path: str) -> str | None:
        if not is_list(value):
            return f"{path}: Input should be a valid list"
        for index, item in enumerate(value):
            problem = check_item(item, f"{path}.{index}")
            if problem:
                return problem
        return None

    return check


def string_or(check_other: Check) -> Check:
    def check(value: object, path: str) -> str | None:
        return None if isinstance(value, str) else check_other(value, path)

    return check


def object_with(fields: Mapping[str, Field]) -> Check:
    """Checks the fields in the table's order; members that it does not name are let through."""

    def check(value: object, path: str) -> str | None:
        if not is_object(value):
            return f"{path}: Input should be a valid dictionary"
        return find_problem(value, fields, f"{path}.")

    return check


def tagged(variants: Mapping[str, Mapping[str, Field]], *, default: str | None = None) -> Check:
    """An object whose `type` says which table applies. A type that no table is known for is let through."""
    checks = {name: (name, fields) for name, fields in variants.items()}

    def check(value: object, path: str) -> str | None:
        if not is_object(value):
            return f"{path}: Input should be a valid dictionary"
        tag = value.get("type", default)
        if tag is None:
            return f"{path}.type: Field required"
        if not isinstance(tag, str):
            return f"{path}.type: Input should be a valid string"
        name, fields = checks.get(tag, (tag, {}))
        return find_problem(value, fields, f"{path}.{name}.") if fields else None

    return check


def find_problem(value: Mapping[str, object], fields: Mapping[str, Field], prefix: str = "") -> str | None:
    """The first problem among an object's members, or None."""
    for name, field in fields.items():
        found = value.get(name)
        if found is None:
            if field.required:
                return f"{prefix}{name}: Field required"
            continue
        problem = field.check(found, prefix + name)
        if problem:
            return problem
    return None
