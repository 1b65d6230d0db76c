"""What the rules look at: one request of the right shape, and what is known about the model that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from ingate.simulator.incoming import Hosting
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object
from ingate.simulator.model_facts import ModelFacts
from ingate.simulator.refusal import Refusal
from ingate.simulator.validation.schema_file import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedBlock:
    """A content block and where it stands, as Claude prints it: `messages.0.content.1`."""

    path: str
    role: str
    block: JsonObject

    @property
    def kind(self) -> str:
        return get_string(self.block, "type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    body: JsonObject
    endpoint: Endpoint
    version: str
    betas: frozenset[str]
    hosting: Hosting
    facts: ModelFacts
    size: int
    """Bytes of the body."""
    messages: Sequence[JsonObject]
    tools: Sequence[JsonObject]
    notable: Sequence[PlacedBlock]
    """Blocks of the kinds that rules ask about one by one, and those with cache_control, in the prompt's order, the
    ones inside tool results and documents too."""

    @property
    def model(self) -> str:
        return get_string(self.body, "model")

    def get_object(self, name: str) -> JsonObject:
        """A member that is an object; anything else counts as an empty one."""
        found = self.body.get(name)
        return found if is_object(found) else {}


Problem: TypeAlias = "str | Refusal | None"
"""What is wrong, in Claude's words; a Refusal where it is no plain invalid_request_error."""
Rule: TypeAlias = Callable[[Inspection], Problem]

_NOTABLE = frozenset(
    {"image", "document", "search_result", "thinking", "redacted_thinking", "tool_reference", "container_upload"}
)
_PLAIN = frozenset({"text", "tool_use"})
"""Blocks with nothing in them that a rule asks about one by one."""


def get_blocks(message: JsonObject) -> Sequence[JsonObject]:
    """The blocks of a message; a string has none. The schema has seen that a list holds nothing but objects."""
    content = message["content"]
    return cast("list[JsonObject]", content) if is_list(content) else ()


def find_notable_blocks(messages: Sequence[JsonObject]) -> Sequence[PlacedBlock]:
    """One walk for all rules: most blocks are of no interest, and a path is made only for those that may be."""
    found: list[PlacedBlock] = []
    for index, message in enumerate(messages):
        for place, block in enumerate(get_blocks(message)):
            if block["type"] not in _PLAIN or "cache_control" in block:
                role = get_string(message, "role")
                found.extend(iterate_notable(block, f"messages.{index}.content.{place}", role))
    return found


def iterate_notable(block: JsonObject, path: str, role: str) -> Iterator[PlacedBlock]:
    kind = get_string(block, "type")
    if kind in _NOTABLE or "cache_control" in block:
        yield PlacedBlock(path=path, role=role, block=block)
    source = block.get("source")
    inside = source.get("content") if is_object(source) else block.get("content")
    if is_list(inside):
        where = "source.content.content" if is_object(source) else "content"
        for place, inner in enumerate(get_objects(inside)):
            if inner.get("type") not in _PLAIN or "cache_control" in inner:
                yield from iterate_notable(inner, f"{path}.{kind}.{where}.{place}", role)
