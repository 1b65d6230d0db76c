"""Shapes of decoded JSON: each says whether a value fits, and if not, what is wrong first and where.

`accepts` is asked of every request and builds nothing; `explain` is asked only of what does not fit, walks in the
order in which Claude reports, and words the problem as Claude does: pydantic's texts for JSON, and the few that it
words otherwise. A field can need a grant, the name of a beta or of an API version: without it, it does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, TypeGuard

import msgspec

from ingate.simulator.json_value import JsonObject, is_list, is_object

Grants: TypeAlias = frozenset[str]

_LONGEST_TAG = 100
NOT_PERMITTED = "Extra inputs are not permitted"
REQUIRED = "Field required"


class Shape(Protocol):
    def accepts(self, value: object, grants: Grants) -> bool: ...

    def explain(self, value: object, grants: Grants, path: str) -> str:
        """What is wrong with a value that is not accepted, with its place in front."""
        ...


def is_withheld(needs: Grants, grants: Grants) -> bool:
    return bool(needs) and needs.isdisjoint(grants)


def join_quoted(values: Sequence[object]) -> str:
    """'a', 'b' or 'c'"""
    quoted = [f"'{value}'" for value in values]
    return " or ".join(part for part in (", ".join(quoted[:-1]), quoted[-1]) if part)


@dataclass(frozen=True, slots=True)
class Anything:
    def accepts(self, value: object, grants: Grants) -> bool:
        return True

    def explain(self, value: object, grants: Grants, path: str) -> str:
        return f"{path}: Input is invalid"


@dataclass(frozen=True, slots=True)
class Truth:
    def accepts(self, value: object, grants: Grants) -> bool:
        return value is True or value is False

    def explain(self, value: object, grants: Grants, path: str) -> str:
        return f"{path}: Input should be a valid boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """An integer, or any number; bounds are inclusive except `gt`."""

    whole: bool
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    range: str | None = None
    """Claude's own words for a number out of bounds."""

    def accepts(self, value: object, grants: Grants) -> bool:
        return self._is_number(value) and self._is_within(value)

    def explain(self, value: object, grants: Grants, path: str) -> str:
        if not self._is_number(value):
            return f"{path}: Input should be a valid {'integer' if self.whole else 'number'}"
        if self.range:
            return f"{path}: {self.range}"
        if self.ge is not None and value < self.ge:
            return f"{path}: Input should be greater than or equal to {self.ge}"
        if self.gt is not None and value <= self.gt:
            return f"{path}: Input should be greater than {self.gt}"
        return f"{path}: Input should be less than or equal to {self.le}"

    def _is_number(self, value: object) -> TypeGuard[int | float]:
        return type(value) is int or (type(value) is float and not self.whole)

    def _is_within(self, value: float) -> bool:
        return (
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    shortest: int = 0
    longest: int | None = None
    pattern: re.Pattern[str] | None = None

    def accepts(self, value: object, grants: Grants) -> bool:
        return (
            isinstance(value, str)
            and len(value) >= self.shortest
            and (self.longest is None or len(value) <= self.longest)
            and (self.pattern is None or self.pattern.search(value) is not None)
        )

    def explain(self, value: object, grants: Grants, path: str) -> str:
        if not isinstance(value, str):
            return f"{path}: Input should be a valid string"
        if len(value) < self.shortest:
            return f"{path}: String should have at least {count(self.shortest, 'character')}"
        if self.longest is not None and len(value) > self.longest:
            return f"{path}: String should have at most {count(self.longest, 'character')}"
        return f"{path}: String should match pattern '{self.pattern.pattern if self.pattern else ''}'"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    values: tuple[object, ...]

    def accepts(self, value: object, grants: Grants) -> bool:
        return isinstance(value, str | bool) and value in self.values

    def explain(self, value: object, grants: Grants, path: str) -> str:
        return f"{path}: Input should be {join_quoted(self.values)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list, each item of one shape."""

    of: Shape
    fewest: int = 0
    few: str | None = None
    """Claude's own words for too few items."""
    most: int | None = None

    def accepts(self, value: object, grants: Grants) -> bool:
        if not is_list(value) or len(value) < self.fewest or (self.most is not None and len(value) > self.most):
            return False
        accepts = self.of.accepts
        return all(accepts(item, grants) for item in value)

    def explain(self, value: object, grants: Grants, path: str) -> str:
        if not is_list(value):
            return f"{path}: Input should be a valid array"
        for index, item in enumerate(value):
            if not self.of.accepts(item, grants):
                return self.of.explain(item, grants, f"{path}.{index}")
        length = len(value)
        if length < self.fewest:
            many = f"List should have at least {count(self.fewest, 'item')} after validation, not {length}"
            return f"{path}: {self.few or many}"
        return f"{path}: List should have at most {count(self.most or 0, 'item')} after validation, not {length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyObject:
    """An object whose members' names are the client's own."""

    of: Shape | None = None

    def accepts(self, value: object, grants: Grants) -> bool:
        if not is_object(value):
            return False
        of = self.of
        return of is None or all(of.accepts(item, grants) for item in value.values())

    def explain(self, value: object, grants: Grants, path: str) -> str:
        if is_object(value) and self.of:
            for name, item in value.items():
                if not self.of.accepts(item, grants):
                    return self.of.explain(item, grants, f"{path}.{name}")
        return f"{path}: Input should be an object"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One field of a record."""

    shape: Shape
    required: bool = False
    nullable: bool = False
    needs: Grants = frozenset()
    """One of these grants must be there."""


@dataclass(slots=True)
class Record:
    """An object with known members. Its members are put in after it was made, because records hold one another."""

    members: dict[str, Member] = field(default_factory=dict[str, Member])
    required: int = 0

    def fill(self, members: Mapping[str, Member]) -> None:
        self.members = dict(members)
        self.required = sum(member.required for member in members.values())

    def accepts(self, value: object, grants: Grants, *, tag: str | None = None, is_open: bool = False) -> bool:
        """`tag` is a member that was looked at already."""
        if not is_object(value):
            return False
        members = self.members
        required = self.required
        for name, item in value.items():
            member = members.get(name)
            if member is None:
                if is_open:
                    continue
                return False
            required -= member.required
            if name == tag:
                continue
            if item is None and member.nullable:
                pass
            elif not member.shape.accepts(item, grants):
                return False
            if member.needs and member.needs.isdisjoint(grants):
                return False
        return required == 0

    def explain(
        self, value: object, grants: Grants, path: str, *, tag: str | None = None, is_open: bool = False
    ) -> str:
        if not is_object(value):
            return f"{path}: Input does not match the expected shape."
        prefix = f"{path}." if path else ""
        for name, member in self.members.items():
            if name == tag or is_withheld(member.needs, grants):
                continue
            if name not in value:
                if member.required:
                    return f"{prefix}{name}: {REQUIRED}"
                continue
            item = value[name]
            if not (item is None and member.nullable) and not member.shape.accepts(item, grants):
                return member.shape.explain(item, grants, prefix + name)
        if not is_open:
            for name in value:
                known = self.members.get(name)
                if known is None or is_withheld(known.needs, grants):
                    return f"{prefix}{name}: {NOT_PERMITTED}"
        return f"{path}: Input does not match the expected shape."


@dataclass(frozen=True, slots=True)
class Open:
    """A record that may have other members too."""

    record: Record

    def accepts(self, value: object, grants: Grants) -> bool:
        return self.record.accepts(value, grants, is_open=True)

    def explain(self, value: object, grants: Grants, path: str) -> str:
        return self.record.explain(value, grants, path, is_open=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    record: Record
    needs: Grants = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """Objects of several kinds, told apart by a member. Claude prints the kind in the paths of problems inside."""

    by: str
    variants: Mapping[str, Variant]
    default: str | None = None
    is_silent: bool = False
    """The kind is not printed in paths."""
    unknown: str | None = None
    """Claude's own words for an unknown kind, with {tag} in them."""
    tags: tuple[str, ...] = ()
    """The order in which the kinds are listed, where it is not the alphabet's."""

    def accepts(self, value: object, grants: Grants) -> bool:
        if not is_object(value):
            return False
        tag = value.get(self.by, self.default)
        variant = self.variants.get(tag) if isinstance(tag, str) else None
        if variant is None:
            return tag is None and self._accepts_null(value, grants)
        if variant.needs and variant.needs.isdisjoint(grants):
            return False
        return variant.record.accepts(value, grants, tag=self.by)

    def explain(self, value: object, grants: Grants, path: str) -> str:
        if not is_object(value):
            return f"{path}: Input should be an object"
        tag = value.get(self.by, self.default)
        if tag is None:
            if self.default:
                return self._explain_variant(self.default, value, grants, path)
            if self.by not in value:
                return f"{path}.{self.by}: {REQUIRED}"
        variant = self.variants.get(tag) if isinstance(tag, str) else None
        if variant is None or is_withheld(variant.needs, grants):
            return self._explain_unknown(tag, grants, path)
        return self._explain_variant(str(tag), value, grants, path)

    def _accepts_null(self, value: JsonObject, grants: Grants) -> bool:
        """A null kind stands for the default."""
        return self.default is not None and self.variants[self.default].record.accepts(value, grants, tag=self.by)

    def _explain_variant(self, tag: str, value: JsonObject, grants: Grants, path: str) -> str:
        inside = path if self.is_silent else f"{path}.{tag}"
        return self.variants[tag].record.explain(value, grants, inside, tag=self.by)

    def _explain_unknown(self, tag: object, grants: Grants, path: str) -> str:
        shown = render_tag(tag)
        if self.unknown:
            return self.unknown.replace("{tag}", shown)
        offered = self.tags or sorted(
            name for name, variant in self.variants.items() if not is_withheld(variant.needs, grants)
        )
        listed = ", ".join(f"'{name}'" for name in offered)
        return (
            f"{path}: Input tag '{shown}' found using '{self.by}' does not match any of the expected tags: {listed}"
        )


def render_tag(tag: object) -> str:
    """A client's text is not repeated at any length."""
    text = tag if isinstance(tag, str) else msgspec.json.encode(tag).decode()
    return text if len(text) <= _LONGEST_TAG else f"{text[:_LONGEST_TAG]}..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """One shape for each JSON kind. A value of a kind that none is for gets the words of the array, or the first."""

    text: Shape | None = None
    flag: Shape | None = None
    number: Shape | None = None
    array: Shape | None = None
    object: Shape | None = None
    label: str | None = None
    """What Claude prints in the paths of problems in the object."""

    def accepts(self, value: object, grants: Grants) -> bool:
        shape = self._choose(value)
        return shape is not None and shape.accepts(value, grants)

    def explain(self, value: object, grants: Grants, path: str) -> str:
        shape = self._choose(value) or self.array or self.object or self.text or Anything()
        if shape is self.object and self.label:
            path = f"{path}.{self.label}"
        return shape.explain(value, grants, path)

    def _choose(self, value: object) -> Shape | None:
        if isinstance(value, str):
            return self.text
        if isinstance(value, list):
            return self.array
        if isinstance(value, dict):
            return self.object
        if isinstance(value, bool):
            return self.flag
        return self.number if isinstance(value, int | float) else None
