"""The turn that an answer belongs to: all since the user's last message that is not the result of a tool."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.hosted_tools.direction import Direction, parse_direction
from ingate.simulator.json_value import JsonObject, get_objects, get_string

QUERY_WORDS = 10
QUERY_LENGTH = 200
SEARCHED = 20_000
"""Characters of a prompt in which words and names are looked for."""
_WORD = re.compile(r"[^\W_][\w'’-]*")
_QUOTED = re.compile(r'"([^"\n]{3,120})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    body: JsonObject
    betas: tuple[str, ...]
    fingerprint: Fingerprint
    prompt: str
    """The text of the user's message that began the turn."""
    direction: Direction
    opening: tuple[JsonObject, ...]
    """The blocks of that message."""
    said: tuple[JsonObject, ...]
    """What the assistant said since, in this answer too."""
    results: tuple[JsonObject, ...]
    """The `tool_result`s that the client sent since."""
    is_forced: bool = False
    """`tool_choice` names the one tool to use."""

    @property
    def question(self) -> str:
        """The beginning of the prompt, without what it asks of the simulator."""
        return self.direction.strip(self.prompt[:SEARCHED])

    def get_query(self, ordinal: int) -> str:
        """What to look for: the prompt's n-th quoted phrase, else its first words."""
        quoted = _QUOTED.findall(self.question)
        if ordinal < len(quoted):
            return quoted[ordinal]
        words = _WORD.findall(self.question)[:QUERY_WORDS]
        query = " ".join(words)[:QUERY_LENGTH] or "anything"
        return f"{query} {ordinal + 1}" if ordinal else query


def read_turn(body: JsonObject, *, betas: tuple[str, ...], fingerprint: Fingerprint) -> Turn:
    opening, said, results = split_turn(body)
    prompt = "\n".join(get_string(block, "text") for block in opening if block.get("type") == "text")
    return Turn(
        body=body,
        betas=betas,
        fingerprint=fingerprint,
        prompt=prompt,
        direction=parse_direction(prompt),
        opening=tuple(opening),
        said=tuple(said),
        results=tuple(results),
    )


def split_turn(body: JsonObject) -> tuple[Sequence[JsonObject], Sequence[JsonObject], Sequence[JsonObject]]:
    """The blocks of the user's message that began the turn, and since: the assistant's, and the `tool_result`s."""
    said: list[JsonObject] = []
    results: list[JsonObject] = []
    for message in reversed(get_objects(body.get("messages"))):
        blocks = list_blocks(message)
        if message.get("role") == "assistant":
            said[:0] = blocks
        elif message.get("role") == "user":
            found = [block for block in blocks if block.get("type") == "tool_result"]
            if not found:
                return blocks, said, results
            results[:0] = found
    return (), said, results


def list_blocks(message: JsonObject) -> Sequence[JsonObject]:
    """The content of a message or a tool's result; a string counts as a text block."""
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else get_objects(content)


def iterate_all_blocks(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """(role, block) for each block of each message, in order."""
    for message in get_objects(body.get("messages")):
        role = get_string(message, "role")
        for block in list_blocks(message):
            yield role, block
