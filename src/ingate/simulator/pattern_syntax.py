"""Simple regular expressions, read into a tree; `pattern_example` writes texts from it and matches texts against it.

Read: literals, escapes, classes, groups, alternation, quantifiers and anchors, as ECMA 262 has them. Anything else -
look-around, back-references, flags, Unicode classes - is not simple.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

MAX_PATTERN = 200
MAX_REPEATS = 9_999

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""First and last code points."""

_LAST = 0x10FFFF


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of a set."""

    ranges: Ranges
    is_negated: bool = False

    def holds(self, character: str) -> bool:
        point = ord(character)
        return any(first <= point <= last for first, last in self.ranges) != self.is_negated


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place and no character: the start, the end, or the edge of a word."""

    kind: Literal["start", "end", "edge"]


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: Node
    least: int
    most: int | None


Node: TypeAlias = Characters | Anchor | Sequence | Choice | Repeat


class NotSimple(Exception):
    """The pattern holds something that is not read here."""


_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((97, 122), (65, 90), (48, 57), (95, 95))
_SPACE: Ranges = ((32, 32), (9, 13), (160, 160))
_CLASSES = MappingProxyType({"d": _DIGIT, "w": _WORD, "s": _SPACE})
_CONTROLS = MappingProxyType({"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"})
_ANCHORS: MappingProxyType[str, Literal["start", "end", "edge"]] = MappingProxyType(
    {"b": "edge", "A": "start", "Z": "end", "z": "end"}
)
_ANY = Characters(((10, 10), (13, 13)), is_negated=True)
_QUANTIFIER = re.compile(r"(?:([*?+])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})[?]?")
_GROUP_OPENING = re.compile(r"\((?:\?:|\?P?<[A-Za-z_]\w*>)?(?!\?)")


def parse_pattern(pattern: str) -> Node | None:
    """The tree, or None if the pattern is too long or not simple."""
    if len(pattern) > MAX_PATTERN:
        return None
    reader = _Reader(pattern)
    try:
        node = reader.read_choice()
    except NotSimple:
        return None
    return node if reader.is_at_end() else None


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0

    def is_at_end(self) -> bool:
        return self._place >= len(self._pattern)

    def read_choice(self) -> Node:
        """Everything up to a closing parenthesis or the end."""
        options = [self._read_sequence()]
        while self._peek() == "|":
            self._place += 1
            options.append(self._read_sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _read_sequence(self) -> Node:
        parts: list[Node] = []
        while not self.is_at_end() and self._peek() not in "|)":
            parts.append(self._read_quantified())
        return Sequence(tuple(parts))

    def _read_quantified(self) -> Node:
        part = self._read_one()
        quantifier = _QUANTIFIER.match(self._pattern, self._place)
        if not quantifier:
            return part
        self._place = quantifier.end()
        sign, least, comma, most = quantifier.groups()
        match sign:
            case "*":
                return Repeat(part, 0, None)
            case "+":
                return Repeat(part, 1, None)
            case "?":
                return Repeat(part, 0, 1)
            case _:
                return Repeat(part, int(least), (int(most) if most else None) if comma else int(least))

    def _read_one(self) -> Node:
        match self._peek():
            case "^":
                self._place += 1
                return Anchor("start")
            case "$":
                self._place += 1
                return Anchor("end")
            case "(":
                return self._read_group()
            case "[":
                return self._read_class()
            case "\\":
                return self._read_escape()
            case ".":
                self._place += 1
                return _ANY
            case "*" | "+" | "?" | "{":
                raise NotSimple
            case literal:
                self._place += 1
                return _literal(literal)

    def _read_group(self) -> Node:
        opening = _GROUP_OPENING.match(self._pattern, self._place)
        if not opening:
            raise NotSimple
        self._place = opening.end()
        inside = self.read_choice()
        if self._peek() != ")":
            raise NotSimple
        self._place += 1
        return inside

    def _read_escape(self) -> Node:
        name = self._pattern[self._place + 1 : self._place + 2]
        if name in _ANCHORS:
            self._place += 2
            return Anchor(_ANCHORS[name])
        return self._read_escaped()

    def _read_escaped(self) -> Characters:
        name = self._pattern[self._place + 1 : self._place + 2]
        self._place += 2
        if name.lower() in _CLASSES:
            return Characters(_CLASSES[name.lower()], is_negated=name.isupper())
        if not name or (name.isalnum() and name not in _CONTROLS):
            raise NotSimple
        return _literal(_CONTROLS.get(name, name))

    def _read_class(self) -> Node:
        self._place += 1
        is_negated = self._peek() == "^"
        self._place += is_negated
        ranges: list[tuple[int, int]] = []
        while self._peek() != "]" or not ranges:
            ranges.extend(self._read_member())
        self._place += 1
        return Characters(tuple(ranges), is_negated=is_negated)

    def _read_member(self) -> Ranges:
        """One character, range or named class within brackets."""
        first = self._peek()
        if not first or self._pattern.startswith("[:", self._place):
            raise NotSimple
        if first == "\\":
            if self._pattern[self._place + 1 : self._place + 2] == "b":
                self._place += 2
                return ((8, 8),)
            member = self._read_escaped()
            return _invert(member.ranges) if member.is_negated else member.ranges
        self._place += 1
        last = self._pattern[self._place + 1 : self._place + 2]
        if self._peek() != "-" or last in ("", "]"):
            return _literal(first).ranges
        if last == "\\" or last < first:
            raise NotSimple
        self._place += 2
        return ((ord(first), ord(last)),)

    def _peek(self) -> str:
        return self._pattern[self._place : self._place + 1]


def _literal(character: str) -> Characters:
    return Characters(((ord(character), ord(character)),))


def _invert(ranges: Ranges) -> Ranges:
    inverted: list[tuple[int, int]] = []
    start = 0
    for first, last in sorted(ranges):
        if first > start:
            inverted.append((start, first - 1))
        start = last + 1
    return (*inverted, (start, _LAST))
