"""YAML as a tree with places.

One document of plain data: no tags, no merge keys, and only `true` and `false` are booleans.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from .problem import Place, PlaceError
from .tree import KeyNode, ListNode, MapNode, Node, Scalar, ScalarNode

LONGEST = 1024 * 1024
MOST_VALUES = 20_000
"""With every alias unfolded."""
DEEPEST = 64

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]{1,3})?")


def parse_yaml(text: str) -> Node:
    """Raises PlaceError at the first thing that is not YAML, or not taken."""
    if len(text) > LONGEST:
        raise PlaceError(Place(1, 1), f"it is longer than {LONGEST} characters")
    untyped: Any = yaml
    try:
        root = untyped.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        raise _explain(error) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise PlaceError(Place(1, 1), f"not YAML: {error}".split("\n")[0]) from None
    if root is None:
        raise PlaceError(Place(1, 1), "there is nothing in it")
    return _Converter().convert(root, 1)


def _explain(error: yaml.MarkedYAMLError) -> PlaceError:
    mark: Any = error.problem_mark or error.context_mark
    place = Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
    return PlaceError(place, f"not YAML: {' '.join(filter(None, [error.context, error.problem]))}")


class _Converter:
    """From the library's nodes to ours."""

    def __init__(self) -> None:
        self._values = 0

    def convert(self, node: Any, depth: int) -> Node:
        place = Place(node.start_mark.line + 1, node.start_mark.column + 1)
        self._values += 1
        if self._values > MOST_VALUES or depth > DEEPEST:
            raise PlaceError(place, f"more than {MOST_VALUES} values, or nested deeper than {DEEPEST} levels")
        if isinstance(node, yaml.ScalarNode):
            return ScalarNode(place=place, value=_read_scalar(node, place))
        if isinstance(node, yaml.SequenceNode):
            items: list[Any] = node.value
            return ListNode(place=place, items=tuple(self.convert(item, depth + 1) for item in items))
        pairs: list[tuple[Any, Any]] = node.value
        return self._convert_map(place, pairs, depth)

    def _convert_map(self, place: Place, pairs: list[tuple[Any, Any]], depth: int) -> MapNode:
        items: list[tuple[KeyNode, Node]] = []
        names: set[str] = set()
        for key, value in pairs:
            at = Place(key.start_mark.line + 1, key.start_mark.column + 1)
            if not isinstance(key, yaml.ScalarNode):
                raise PlaceError(at, "a key has to be a plain word")
            name: str = key.value
            if name in names:
                raise PlaceError(at, f"{name!r} is here a second time")
            if name == "<<":
                raise PlaceError(at, "merge keys are not taken")
            names.add(name)
            items.append((KeyNode(place=at, name=name), self.convert(value, depth + 1)))
        return MapNode(place=place, items=tuple(items))


def _read_scalar(node: Any, place: Place) -> Scalar:
    text: str = node.value
    tag = str(node.tag)
    if not tag.startswith("tag:yaml.org,2002:"):
        raise PlaceError(place, f"tags are not taken: {tag}")
    if node.style in ("'", '"', "|", ">") or tag.endswith(":str"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
