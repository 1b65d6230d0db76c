"""What a file may hold, as values: reading says everything that is wrong at once, each with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from ingate.cli.json_value import JsonObject

from .problem import Place, Problem
from .tree import ListNode, MapNode, Node, ScalarNode, get_value

Report = Callable[[Place, str], None]
Reader = Callable[[Node, Report], object]
"""Reads a node; None after reporting what is wrong with it."""


class Section:
    """A map that was read: its values, and where they stand."""

    def __init__(self, place: Place, values: JsonObject, places: Mapping[str, Place]) -> None:
        self.place = place
        self.values = values
        self._places = places

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def place_of(self, name: str) -> Place:
        return self._places.get(name, self.place)

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def texts(self, name: str) -> list[str]:
        return cast("list[str]", self.values.get(name) or [])

    def sections(self, name: str) -> list[Section]:
        return cast("list[Section]", self.values.get(name) or [])

    def section(self, name: str) -> Section | None:
        return cast("Section | None", self.values.get(name))

    def present(self, *names: str) -> Iterator[tuple[str, object]]:
        """Those of `names` that are there, `null` included."""
        for name in names:
            if name in self.values:
                yield name, self.values[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    read: Reader
    required: bool = False
    nullable: bool = False
    """Whether `null` is taken: it gives the default back."""


def read_section(node: Node, keys: Mapping[str, Key]) -> tuple[Section, list[Problem]]:
    """The section at the top of a file."""
    problems: list[Problem] = []

    def report(place: Place, message: str) -> None:
        problems.append(Problem(place=place, message=message))

    read = section(keys)(node, report)
    return (read if isinstance(read, Section) else Section(node.place, {}, {})), problems


def section(keys: Mapping[str, Key]) -> Reader:
    def read(node: Node, report: Report) -> object:
        if not isinstance(node, MapNode):
            return _expect("keys and values", node, report)
        values: JsonObject = {}
        places: dict[str, Place] = {}
        for name_node, value in node.items:
            name = name_node.name
            if name not in keys:
                report(name_node.place, f"there is no key {name!r} here.{_suggest(name, keys)}")
                continue
            places[name] = value.place
            values[name] = _read_value(value, keys[name], report)
        for name, key in keys.items():
            if key.required and name not in values:
                report(node.place, f"{name!r} is missing")
        return Section(node.place, values, places)

    return read


def _read_value(node: Node, key: Key, report: Report) -> object:
    if isinstance(node, ScalarNode) and node.value is None and key.nullable:
        return None
    return key.read(node, report)


def text(*choices: str, pattern: str = "", expected: str = "", is_quiet: bool = False) -> Reader:
    """A text; one of `choices` if there are any, without regard to case. A quiet one is not repeated in problems."""
    known = {choice.lower(): choice for choice in choices}

    def read(node: Node, report: Report) -> object:
        if not isinstance(node, ScalarNode) or node.value is None or isinstance(node.value, bool | float):
            return _expect(expected or "a text", node, report)
        if isinstance(node.value, int) and (choices or pattern):
            return _expect(expected or f"one of {', '.join(choices)}", node, report)
        value = str(node.value)
        if choices and value.lower() not in known:
            report(node.place, f"{value!r} is none of {', '.join(choices)}.{_suggest(value, choices)}")
            return None
        if not value or (pattern and not re.fullmatch(pattern, value)):
            if is_quiet:
                report(node.place, f"{expected} is expected here")
                return None
            return _expect(expected or "a text", node, report)
        return known.get(value.lower(), value)

    return read


def whole(*, least: int, most: int = 2**53) -> Reader:
    def read(node: Node, report: Report) -> object:
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        return _expect(f"a whole number from {least}" + (f" to {most}" if most < 2**53 else ""), node, report)

    return read


def number() -> Reader:
    def read(node: Node, report: Report) -> object:
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return value
        return _expect("a number above 0", node, report)

    return read


def boolean() -> Reader:
    def read(node: Node, report: Report) -> object:
        if isinstance(node, ScalarNode) and isinstance(node.value, bool):
            return node.value
        return _expect("true or false", node, report)

    return read


def list_of(item: Reader) -> Reader:
    def read(node: Node, report: Report) -> object:
        if not isinstance(node, ListNode):
            return _expect("a list", node, report)
        values = [item(entry, report) for entry in node.items]
        return [value for value in values if value is not None]

    return read


def texts_by_name() -> Reader:
    """Such as tags."""

    def read(node: Node, report: Report) -> object:
        if not isinstance(node, MapNode):
            return _expect("names and texts", node, report)
        read_text = text()
        values = {key.name: read_text(value, report) for key, value in node.items}
        return {name: value for name, value in values.items() if value is not None}

    return read


def any_object() -> Reader:
    """Keys and values that are passed on as they are."""

    def read(node: Node, report: Report) -> object:
        return get_value(node) if isinstance(node, MapNode) else _expect("keys and values", node, report)

    return read


def _expect(what: str, node: Node, report: Report) -> None:
    match node:
        case ScalarNode():
            found = "nothing" if node.value is None else repr(node.value)
        case ListNode():
            found = "a list"
        case MapNode():
            found = "keys and values"
    report(node.place, f"{what} is expected here, not {found}")


def _suggest(name: str, known: Iterable[str]) -> str:
    by_lower = {choice.lower(): choice for choice in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {by_lower[close[0]]!r}?"
    return f" There are: {', '.join(sorted(by_lower.values()))}"
