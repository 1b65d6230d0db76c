"""One content block as server-sent events: what it begins with, and the pieces in which the rest of it comes.

Text, thinking, arguments and summaries come in deltas; every other kind of block is whole when it begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

import msgspec

from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_object

TEXT_LENGTHS = (4, 12, 9, 31, 12, 5, 18, 60, 12, 8, 21, 3, 12, 44, 10, 26, 7, 36, 11, 19)
"""Characters of text in successive deltas: like recorded streams, median 12 and mean 18."""

THINKING_LENGTHS = (24, 92, 12, 5, 143, 7, 5, 8, 44, 4, 43, 23, 157, 12, 30)
"""The same for thinking: median 23, mean 40."""

INPUT_LENGTHS = (2, 8, 5, 9, 6, 4, 7)
"""The same for a tool's arguments: median 6, mean 6."""

EAGER_INPUT_LENGTHS = (48, 21, 64, 35)
"""Arguments that are sent as they are written, not checked first: in fewer and larger pieces."""

CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})

_NO_INPUT: JsonObject = {"input": {}}
_encoder = msgspec.json.Encoder()


def get_block_start(block: JsonObject) -> JsonObject:
    """The block before anything was written into it."""
    match block.get("type"):
        case "text" if "citations" in block:
            return {"citations": [], "type": "text", "text": ""}
        case "text":
            return {"type": "text", "text": ""}
        case "thinking":
            return {"type": "thinking", "thinking": "", "signature": ""}
        case "compaction":
            return block | {name: None for name in ("content", "encrypted_content") if name in block}
        case kind if kind in CALLS and not has_foreseen_input(block):
            return block | _NO_INPUT
        case _:
            return block


def has_foreseen_input(block: JsonObject) -> bool:
    """A call out of running code comes whole: its arguments were known before the block began."""
    caller = block.get("caller")
    return is_object(caller) and get_string(caller, "type") not in ("", "direct")


def split_block(block: JsonObject, *, first_length: int, is_eager: bool) -> Iterator[JsonObject]:
    """The deltas that turn the block's start into the block."""
    match block.get("type"):
        case "text":
            for citation in get_objects(block.get("citations")):
                yield {"type": "citations_delta", "citation": citation}
            for piece in split_text(get_string(block, "text"), TEXT_LENGTHS, first_length):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            yield from split_thinking(block, first_length)
        case "compaction":
            yield block | {"type": "compaction_delta"}
        case kind if kind in CALLS and not has_foreseen_input(block):
            lengths = EAGER_INPUT_LENGTHS if is_eager else INPUT_LENGTHS
            yield {"type": "input_json_delta", "partial_json": ""}
            for piece in split_text(render_input(block), lengths, first_length):
                yield {"type": "input_json_delta", "partial_json": piece}
        case _:
            return


def split_thinking(block: JsonObject, first_length: int) -> Iterator[JsonObject]:
    """Thinking ends with an empty piece and then its signature; with display "omitted" it is the signature alone."""
    thinking = get_string(block, "thinking")
    for piece in split_text(thinking, THINKING_LENGTHS, first_length):
        yield {"type": "thinking_delta", "thinking": piece}
    if thinking:
        yield {"type": "thinking_delta", "thinking": ""}
    if signature := get_string(block, "signature"):
        yield {"type": "signature_delta", "signature": signature}


def render_input(block: JsonObject) -> str:
    """The arguments as JSON; nothing where there are none, or where they were cut off."""
    arguments = block.get("input")
    return _encoder.encode(arguments).decode() if arguments else ""


def split_text(content: str, lengths: tuple[int, ...], first_length: int) -> Iterator[str]:
    start, end = 0, len(content)
    for length in islice(cycle(lengths), first_length % len(lengths), None):
        if start >= end:
            return
        yield content[start : start + length]
        start += length


def get_weight(block: JsonObject) -> int:
    """How much of a message a block is, for sharing out time: the characters of what it spells out."""
    match block.get("type"):
        case "text":
            return len(get_string(block, "text"))
        case "thinking":
            return len(get_string(block, "thinking")) or len(get_string(block, "signature"))
        case "compaction":
            return len(get_string(block, "content"))
        case kind if kind in CALLS and not has_foreseen_input(block):
            return len(render_input(block))
        case _:
            return 0
