"""Short texts that a simple regular expression matches, and whether a text is matched by one.

Both work on the pattern's tree, in time that its length and the text's bound. Python's own engine, which tries, would
let a client's pattern hold up the event loop.
"""

from __future__ import annotations

from functools import lru_cache

from ingate.simulator.pattern_syntax import (
    Anchor,
    Characters,
    Choice,
    Node,
    NotSimple,
    Repeat,
    Sequence,
    parse_pattern,
)

MAX_MATCH = 256
MAX_STEPS = 50_000
"""Places visited in one match; beyond them nothing is said about it."""

_PRINTABLE = "a0A" + "".join(map(chr, range(32, 127)))

_parse = lru_cache(maxsize=256)(parse_pattern)


def build_match(pattern: str, variant: int = 0) -> str | None:
    """A text that matches: the shortest, or with a `variant` other characters and more repeats. None if the pattern
    is not simple, or its texts are too long."""
    node = _parse(pattern)
    if node is None:
        return None
    try:
        return _write(node, variant)
    except NotSimple:
        return None


def matches(pattern: str, text: str) -> bool | None:
    """Whether the pattern occurs in the text. None if the pattern is not simple, or it took too long to find out."""
    node = _parse(pattern)
    if node is None:
        return None
    try:
        return bool(_Matcher(text).advance(node, set(range(len(text) + 1))))
    except NotSimple:
        return None


def _write(node: Node, variant: int) -> str:
    match node:
        case Characters():
            return _choose(node, variant)
        case Anchor():
            return ""
        case Choice(options):
            return _write(options[variant % len(options)], variant // len(options))
        case Sequence(parts):
            return _bound("".join([_write(part, variant) for part in parts]))
        case Repeat(part, least, most):
            count = least + variant if most is None else min(least + variant, most)
            once = _write(part, variant) if count else ""
            if len(once) * count > MAX_MATCH:
                raise NotSimple
            return once * count


def _bound(text: str) -> str:
    if len(text) > MAX_MATCH:
        raise NotSimple
    return text


def _choose(characters: Characters, variant: int) -> str:
    """One of the set, those that are easy to read first."""
    if variant == 0 and not characters.is_negated and characters.ranges:
        return chr(characters.ranges[0][0])
    known = [character for character in _PRINTABLE[3:] if characters.holds(character)]
    if not variant:
        known = [character for character in _PRINTABLE if characters.holds(character)]
    if not known and characters.is_negated:
        raise NotSimple
    return known[variant % len(known)] if known else chr(characters.ranges[0][0])


class _Matcher:
    """Where in a text a match may stand after each part of the pattern: sets of places, so nothing is tried twice."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._steps = 0

    def advance(self, node: Node, places: set[int]) -> set[int]:
        self._steps += len(places) + 1
        if self._steps > MAX_STEPS:
            raise NotSimple
        match node:
            case Characters():
                end = len(self._text)
                return {place + 1 for place in places if place < end and node.holds(self._text[place])}
            case Anchor(kind):
                return {place for place in places if self._is_at(kind, place)}
            case Choice(options):
                return set[int]().union(*(self.advance(option, places) for option in options))
            case Sequence(parts):
                for part in parts:
                    places = self.advance(part, places)
                return places
            case Repeat():
                return self._repeat(node, places)

    def _repeat(self, node: Repeat, places: set[int]) -> set[int]:
        for _ in range(node.least):
            places = self.advance(node.part, places)
        reached, newest = set(places), places
        more = len(self._text) + 1 if node.most is None else node.most - node.least
        for _ in range(more):
            newest = self.advance(node.part, newest) - reached
            if not newest:
                break
            reached |= newest
        return reached

    def _is_at(self, kind: str, place: int) -> bool:
        if kind == "start":
            return place == 0
        if kind == "end":
            return place == len(self._text)
        before = place > 0 and _is_word(self._text[place - 1])
        return before != (place < len(self._text) and _is_word(self._text[place]))


def _is_word(character: str) -> bool:
    return character == "_" or (character.isascii() and character.isalnum())
