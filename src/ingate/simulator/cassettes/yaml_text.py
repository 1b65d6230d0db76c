"""Cassettes as text: YAML 1.1 as PyYAML writes and reads it, long texts in blocks, with the line of every value.

Only JSON's values, and no aliases: what is read is as large as what stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, Event
from yaml.nodes import MappingNode, Node, ScalarNode

from ingate.simulator.json_value import JsonObject, is_object

from .cassette import CassetteError

_yaml: Any = yaml
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where PyYAML was built with it: ten times faster."""

WIDTH = 118

DEPTH = 400
"""Of mappings and sequences in each other; requests that are deeper are not recorded either."""


class _Writer(_Dumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_text(writer: Any, text: str) -> Any:
    """Text of several lines as a block; where YAML has no block for it, the writer falls back to quotes."""
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _represent_text)


def render_yaml(document: JsonObject) -> bytes:
    text: bytes = yaml.dump(
        document, Dumper=_Writer, allow_unicode=True, sort_keys=False, width=WIDTH, encoding="utf-8"
    )
    return text


class YamlDocument:
    """A mapping, and where in its text everything stands."""

    def __init__(self, path: Path, text: bytes) -> None:
        """Raises CassetteError."""
        self._path = path
        try:
            _refuse_traps(path, text)
            loader = _Loader(text)
            self._root: Node | None = loader.get_single_node()
            value: object = loader.construct_document(self._root) if self._root is not None else None
        except yaml.YAMLError as error:
            raise CassetteError(path, _get_line(error), _get_problem(error)) from None
        except (ValueError, RecursionError) as error:
            raise CassetteError(path, None, str(error) or "nested too deeply") from None
        if not is_object(value):
            raise CassetteError(path, 1, "not a cassette: no mapping")
        self.value = value

    def fault(self, reason: str, *names: str) -> CassetteError:
        """An error about the member with these names, one below the other, or about what it should be in."""
        node = self._root
        for name in names:
            below = _get_member(node, name)
            if below is None:
                break
            node = below
        line = cast("int", node.start_mark.line) + 1 if node is not None else None
        return CassetteError(self._path, line, reason)


def _refuse_traps(path: Path, text: bytes) -> None:
    """Aliases, and depths at which libyaml's recursion would end the process. Raises CassetteError, YAMLError."""
    depth = 0
    for event in cast("Iterator[Event]", _yaml.parse(text, Loader=_Loader)):
        line = cast("int", event.start_mark.line) + 1
        if isinstance(event, AliasEvent):
            raise CassetteError(path, line, "aliases are not allowed")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > DEPTH:
            raise CassetteError(path, line, "nested too deeply")


def _get_member(node: Node | None, name: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    pairs = cast("list[tuple[Node, Node]]", node.value)
    return next((value for key, value in pairs if isinstance(key, ScalarNode) and key.value == name), None)


def _get_line(error: yaml.YAMLError) -> int | None:
    mark: Any = getattr(error, "problem_mark", None)
    return None if mark is None else mark.line + 1


def _get_problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "not YAML")
