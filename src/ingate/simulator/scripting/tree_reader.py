"""Readers of a tree's nodes: each gives the value, or notes a problem at the node's place and gives None.

They never stop at the first mistake, so that one look at a script tells all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from ingate.simulator.json_value import JsonObject
from ingate.simulator.scripting.problems import Problem, suggest
from ingate.simulator.scripting.yaml_tree import ListNode, MapNode, Node, ScalarNode, get_value

T = TypeVar("T")


MOST_NOTED = 100
"""More are told of no script; the search for them goes on, but no longer for words."""


class Problems:
    """What was found so far."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    @property
    def are_enough(self) -> bool:
        return len(self.found) >= MOST_NOTED

    def add(self, node: Node, message: str) -> None:
        problem = Problem(line=node.line, column=node.column, message=message)
        if not self.are_enough and problem not in self.found:  # an alias brings the same mistake again
            self.found.append(problem)


Read: TypeAlias = "Callable[[Node, Problems], T | None]"


def read_members(node: Node, problems: Problems, known: Sequence[str], *, what: str) -> Mapping[str, Node] | None:
    """A mapping's members by name, those that are not known told and left out."""
    if not isinstance(node, MapNode):
        problems.add(node, f"{what} has to be a mapping of {', '.join(known)}, not {describe(node)}")
        return None
    members: dict[str, Node] = {}
    for key, value in node.items:
        if key.text in known:
            members[key.text] = value
        elif not problems.are_enough:
            problems.add(key, f"{what} has no '{key.text}'{suggest(key.text, known)}")
    return members


def read_optional(members: Mapping[str, Node], name: str, read: Read[T], problems: Problems) -> T | None:
    node = members.get(name)
    return None if node is None else read(node, problems)


def read_string(node: Node, problems: Problems) -> str | None:
    """A string; a number or a date that was written without quotation marks is taken as it was written."""
    if isinstance(node, ScalarNode) and node.value is not None:
        return node.text
    problems.add(node, f"expected a string, not {describe(node)}")
    return None


def read_name(node: Node, problems: Problems) -> str | None:
    text = read_string(node, problems)
    if text == "":
        problems.add(node, "may not be empty")
        return None
    return text


def read_boolean(node: Node, problems: Problems) -> bool | None:
    if isinstance(node, ScalarNode) and isinstance(node.value, bool):
        return node.value
    problems.add(node, f"expected true or false, not {describe(node)}")
    return None


def integer_from(minimum: int, maximum: int | None = None) -> Read[int]:
    def read(node: Node, problems: Problems) -> int | None:
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add(node, f"expected a whole number, not {describe(node)}")
            return None
        return check_range(value, node, problems, minimum, maximum)

    return read


def number_from(minimum: float, maximum: float | None = None) -> Read[float]:
    def read(node: Node, problems: Problems) -> float | None:
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, int | float) or isinstance(value, bool):
            problems.add(node, f"expected a number, not {describe(node)}")
            return None
        return check_range(float(value), node, problems, minimum, maximum)

    return read


N = TypeVar("N", int, float)


def check_range(value: N, node: Node, problems: Problems, minimum: N, maximum: N | None) -> N | None:
    if value < minimum:
        problems.add(node, f"has to be at least {minimum:g}, not {value:g}")
        return None
    if maximum is not None and value > maximum:
        problems.add(node, f"can be at most {maximum:g}, not {value:g}")
        return None
    return value


def one_of(*words: str) -> Read[str]:
    def read(node: Node, problems: Problems) -> str | None:
        text = read_string(node, problems)
        if text is not None and text not in words:
            problems.add(node, f"'{text}' is not known here{suggest(text, words)}")
            return None
        return text

    return read


def read_object(node: Node, problems: Problems) -> JsonObject | None:
    """A mapping as JSON."""
    if not isinstance(node, MapNode):
        problems.add(node, f"expected a mapping, not {describe(node)}")
        return None
    return {key.text: get_value(value) for key, value in node.items}


def list_of(read_item: Read[T]) -> Read[tuple[T, ...]]:
    def read(node: Node, problems: Problems) -> tuple[T, ...] | None:
        if not isinstance(node, ListNode):
            problems.add(node, f"expected a list, not {describe(node)}")
            return None
        return tuple(item for inner in node.items if (item := read_item(inner, problems)) is not None)

    return read


def one_or_list_of(read_item: Read[T]) -> Read[tuple[T, ...]]:
    """A list, or one item without the brackets."""
    read_list = list_of(read_item)

    def read(node: Node, problems: Problems) -> tuple[T, ...] | None:
        if isinstance(node, ListNode):
            return read_list(node, problems)
        item = read_item(node, problems)
        return None if item is None else (item,)

    return read


def describe(node: Node) -> str:
    match node:
        case ScalarNode(value=None):
            return "nothing"
        case ScalarNode(value=str()):
            return f"the string '{node.text[:40]}'"
        case ScalarNode():
            return node.text[:40]
        case ListNode():
            return "a list"
        case MapNode():
            return "a mapping"
