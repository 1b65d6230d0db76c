"""YAML (and so JSON) as a tree whose every node knows its line and column.

The YAML of version 1.2's core schema, less what a script needs none of: only `true` and `false` are booleans, there
are no tags, no merge keys and one document. Anchors and aliases work; what they unfold to is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from ingate.simulator.scripting.problems import Problem

MOST_CHARACTERS = 4 * 1024 * 1024
MOST_NODES = 50_000
"""In the tree with every alias unfolded."""
DEEPEST = 64

Scalar: TypeAlias = "str | int | float | bool | None"

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_ESCAPED_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    line: int
    column: int
    value: Scalar
    text: str
    """As it was written, without quotation marks."""
    size: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    line: int
    column: int
    items: tuple[Node, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    line: int
    column: int
    items: tuple[tuple[ScalarNode, Node], ...]
    size: int

    def find(self, name: str) -> Node | None:
        return next((value for key, value in self.items if key.text == name), None)


Node: TypeAlias = "ScalarNode | ListNode | MapNode"


class TreeError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def parse_tree(text: str) -> Node:
    """The tree of a text. Raises TreeError at the first thing that is not YAML, or more of it than is taken."""
    if len(text) > MOST_CHARACTERS:
        raise TreeError(Problem(line=1, column=1, message=f"longer than {MOST_CHARACTERS} characters"))
    if text.lstrip()[:1] in ("{", "["):
        text = respell_json(text)
    try:
        return TreeBuilder(_iterate_events(text)).build()
    except yaml.MarkedYAMLError as error:
        raise TreeError(_place_problem(error)) from None
    except yaml.YAMLError as error:
        raise TreeError(Problem(line=1, column=1, message=f"not YAML: {error}".split("\n")[0])) from None


def respell_json(text: str) -> str:
    """JSON as YAML has it. JSON may be indented with tabs (within its strings there are none), and writes a character
    beyond 16 bits as two escapes; YAML takes neither.
    """
    return _ESCAPED_PAIR.sub(_join_pair, text.replace("\t", " "))


def _join_pair(found: re.Match[str]) -> str:
    high, low = int(found[2], 16), int(found[3], 16)
    return f"{found[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


def _iterate_events(text: str) -> Iterator[Any]:
    untyped: Any = yaml
    return untyped.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _place_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark: Any = error.problem_mark or error.context_mark
    words = " ".join(filter(None, [error.context, error.problem]))
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return Problem(line=line, column=column, message=f"not YAML: {words}")


class TreeBuilder:
    """Puts a document's events together into nodes."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._depth = 0

    def build(self) -> Node:
        self._take(yaml.StreamStartEvent)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            raise TreeError(Problem(line=1, column=1, message="there is nothing in it"))
        node = self._build(next(self._events))
        self._take(yaml.DocumentEndEvent)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refuse(event, "a second document begins here: there can be only one")
        return node

    def _take(self, kind: type[Any]) -> None:
        event = next(self._events)
        if not isinstance(event, kind):
            raise self._refuse(event, "not YAML")

    def _build(self, event: Any) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._find_anchor(event)
        if event.tag not in (None, "!"):
            raise self._refuse(event, f"tags are not taken: {event.tag}")
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refuse(event, f"nested deeper than {DEEPEST} levels")
        match event:
            case yaml.ScalarEvent():
                node: Node = self._build_scalar(event)
            case yaml.SequenceStartEvent():
                node = self._build_list(event)
            case _:
                node = self._build_map(event)
        self._depth -= 1
        if node.size > MOST_NODES:
            raise self._refuse(event, f"with its aliases unfolded, this holds more than {MOST_NODES} values")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _find_anchor(self, event: Any) -> Node:
        found = self._anchors.get(event.anchor)
        if found is None:
            raise self._refuse(event, f"no anchor '&{event.anchor}' ends before this place")
        return found

    def _build_scalar(self, event: Any) -> ScalarNode:
        text: str = event.value
        is_plain = not event.style and event.tag is None
        return ScalarNode(
            line=event.start_mark.line + 1,
            column=event.start_mark.column + 1,
            value=parse_scalar(text) if is_plain else text,
            text=text,
        )

    def _build_list(self, event: Any) -> ListNode:
        items: list[Node] = []
        while not isinstance(inner := next(self._events), yaml.SequenceEndEvent):
            items.append(self._build(inner))
        return ListNode(
            line=event.start_mark.line + 1,
            column=event.start_mark.column + 1,
            items=tuple(items),
            size=1 + sum(item.size for item in items),
        )

    def _build_map(self, event: Any) -> MapNode:
        items: list[tuple[ScalarNode, Node]] = []
        names: set[str] = set()
        while not isinstance(inner := next(self._events), yaml.MappingEndEvent):
            key = self._build(inner)
            if not isinstance(key, ScalarNode):
                raise self._refuse(inner, "a key has to be a plain word or a string")
            if key.text in names:
                raise self._refuse(inner, f"'{key.text}' is here a second time")
            names.add(key.text)
            items.append((key, self._build(next(self._events))))
        return MapNode(
            line=event.start_mark.line + 1,
            column=event.start_mark.column + 1,
            items=tuple(items),
            size=1 + sum(1 + value.size for _, value in items),
        )

    def _refuse(self, event: Any, message: str) -> TreeError:
        mark = event.start_mark
        return TreeError(Problem(line=mark.line + 1, column=mark.column + 1, message=message))


def parse_scalar(text: str) -> Scalar:
    """What a scalar without quotation marks stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def get_value(node: Node) -> object:
    """The node as JSON would have it."""
    match node:
        case ScalarNode():
            return node.value
        case ListNode():
            return [get_value(item) for item in node.items]
        case MapNode():
            return {key.text: get_value(value) for key, value in node.items}
