"""JSON as a tree with places; comments are taken, as Azure Resource Manager takes them in templates."""

from __future__ import annotations

import json
import re

from .problem import Place, PlaceError
from .tree import KeyNode, ListNode, MapNode, Node, Scalar, ScalarNode

LONGEST = 4 * 1024 * 1024
"""Azure Resource Manager's own limit for a template."""
DEEPEST = 64

_SPACE = re.compile(r"(?:[ \t\r\n\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x09\x0b\x0c\x0e-\x1f]|\\.)*"', re.DOTALL)
_OTHER = re.compile(r"-?[0-9][0-9.eE+-]*|[A-Za-z]+")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def parse_json(text: str) -> Node:
    """Raises PlaceError at the first thing that is not JSON."""
    if len(text) > LONGEST:
        raise PlaceError(Place(1, 1), f"it is longer than {LONGEST} characters")
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parse(self) -> Node:
        node = self._parse_value(1)
        self._skip()
        if self._at < len(self._text):
            raise self._refuse("something follows the end of the JSON value")
        return node

    def _place(self) -> Place:
        before = self._text.rfind("\n", 0, self._at)
        return Place(self._text.count("\n", 0, self._at) + 1, self._at - before)

    def _refuse(self, message: str) -> PlaceError:
        return PlaceError(self._place(), f"not JSON: {message}")

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 1]

    def _take(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self._at += 1
        return True

    def _parse_value(self, depth: int) -> Node:
        first = self._peek()
        place = self._place()
        if depth > DEEPEST:
            raise self._refuse(f"nested deeper than {DEEPEST} levels")
        if first == "{":
            return self._parse_object(place, depth)
        if first == "[":
            return self._parse_array(place, depth)
        if first == '"':
            return ScalarNode(place=place, value=self._parse_string())
        return ScalarNode(place=place, value=self._parse_other())

    def _parse_object(self, place: Place, depth: int) -> MapNode:
        self._take("{")
        items: list[tuple[KeyNode, Node]] = []
        names: set[str] = set()
        while self._peek() != "}":
            key = KeyNode(place=self._place(), name=self._parse_string())
            if key.name in names:
                raise PlaceError(key.place, f"{key.name!r} is here a second time")
            names.add(key.name)
            if not self._take(":"):
                raise self._refuse("a colon is missing")
            items.append((key, self._parse_value(depth + 1)))
            if not self._take(","):
                break
        if not self._take("}"):
            raise self._refuse("a comma or the closing brace is missing")
        return MapNode(place=place, items=tuple(items))

    def _parse_array(self, place: Place, depth: int) -> ListNode:
        self._take("[")
        items: list[Node] = []
        while self._peek() != "]":
            items.append(self._parse_value(depth + 1))
            if not self._take(","):
                break
        if not self._take("]"):
            raise self._refuse("a comma or the closing bracket is missing")
        return ListNode(place=place, items=tuple(items))

    def _parse_string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            raise self._refuse("a string in double quotation marks is missing here")
        try:
            # A template's strings may run over lines.
            value: str = json.loads(found.group(), strict=False)
        except ValueError:
            raise self._refuse("a string with an escape that JSON does not have") from None
        self._at = found.end()
        return value

    def _parse_other(self) -> Scalar:
        found = _OTHER.match(self._text, self._at)
        word = found.group() if found else ""
        try:
            # `json` would take NaN and Infinity, which are no JSON.
            value: Scalar = _WORDS[word] if word.isalpha() else json.loads(word)
        except (KeyError, ValueError):
            raise self._refuse(f"{word or self._peek() or 'the end'!r} is no value") from None
        self._at += len(word)
        return value
