"""YAML and JSON as one kind of tree, in which every value knows its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .problem import Place

Scalar: TypeAlias = "str | int | float | bool | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarNode:
    place: Place
    value: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode:
    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNode:
    place: Place
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    place: Place
    items: tuple[tuple[KeyNode, Node], ...]

    def find(self, name: str) -> Node | None:
        """Without regard to case, as Azure compares property names."""
        return next((value for key, value in self.items if key.name.lower() == name.lower()), None)


Node: TypeAlias = "ScalarNode | ListNode | MapNode"


def get_value(node: Node) -> object:
    """The node as JSON has it."""
    match node:
        case ScalarNode():
            return node.value
        case ListNode():
            return [get_value(item) for item in node.items]
        case MapNode():
            return {key.name: get_value(value) for key, value in node.items}
