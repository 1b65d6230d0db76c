"""Where an answer ends: at its own end, at the limit of tokens, or before a stop sequence.

An answer is drafted in full and then cut as a model would have been, block after block: what its tokens are is known
for each block, and the first limit that is met ends it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingate.simulator.accounting.tokens import count_text_tokens, split_tokens
from ingate.simulator.block_stream import render_input
from ingate.simulator.json_value import JsonObject, get_string
from ingate.simulator.thinking import Thought

CALL_TOKENS = 30
"""What a call costs beside the name and the arguments."""
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})

Draft: TypeAlias = "JsonObject | Thought"
"""A block before limits apply to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenBlock:
    block: JsonObject
    output_tokens: int
    thinking_tokens: int = 0
    is_cut: bool = False


NOTHING_LEFT = WrittenBlock(block={"type": "text", "text": ""}, output_tokens=0, is_cut=True)
"""In the place of a block that there was no room to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedContent:
    """As much of an answer as was written."""

    content: tuple[JsonObject, ...]
    output_tokens: int
    thinking_tokens: int
    is_cut: bool
    stop_sequence: str | None


def stop_content(drafts: Sequence[Draft], *, max_tokens: int, stop_sequences: Sequence[str]) -> StoppedContent:
    """Writes block after block until all are written or a limit is met."""
    written = list(write_blocks(drafts, max_tokens))
    first = find_first_stop_across(written, stop_sequences)
    if first:
        written = keep_until(written, first)
    output_tokens = sum(block.output_tokens for block in written)
    return StoppedContent(
        content=tuple(part.block for part in written if not is_empty_text(part.block)),
        output_tokens=max(1, output_tokens) if drafts else 0,
        thinking_tokens=sum(block.thinking_tokens for block in written),
        is_cut=any(block.is_cut for block in written),
        stop_sequence=first.sequence if first else None,
    )


def write_blocks(drafts: Sequence[Draft], max_tokens: int) -> Iterator[WrittenBlock]:
    """The blocks that fit; the last of them may be cut."""
    left = max_tokens
    for draft in drafts:
        written = write_block(draft, left)
        yield written
        left -= written.output_tokens
        if written.is_cut:
            return


def write_block(draft: Draft, left: int) -> WrittenBlock:
    """One block within the tokens that are left. What the model does not write, such as a result, costs none."""
    if isinstance(draft, Thought):
        return write_thought(draft, left)
    match draft.get("type"):
        case "text":
            text = get_string(draft, "text")
            tokens = split_tokens(text)
            kept = "".join(tokens[:left])
            return WrittenBlock(
                block=draft | {"text": kept},
                output_tokens=min(left, len(tokens)),
                is_cut=len(tokens) > left,
            )
        case kind if kind in _CALLS:
            return write_call(draft, left)
        case _:
            return WrittenBlock(block=draft, output_tokens=0)


def write_thought(thought: Thought, left: int) -> WrittenBlock:
    if left <= 0:
        return NOTHING_LEFT
    tokens = split_tokens(thought.text)
    spent = min(left, len(tokens))
    return WrittenBlock(
        block=thought.render_block("".join(tokens[:spent])),
        output_tokens=spent,
        thinking_tokens=spent,
        is_cut=len(tokens) > left,
    )


def write_call(call: JsonObject, left: int) -> WrittenBlock:
    """The call, or as much of it as there is room for: its name, and arguments that never came."""
    if left <= 0:
        return NOTHING_LEFT
    cost = CALL_TOKENS + count_text_tokens(get_string(call, "name")) + count_text_tokens(render_input(call))
    if cost <= left:
        return WrittenBlock(block=call, output_tokens=cost)
    no_input: JsonObject = {"input": {}}
    return WrittenBlock(block=call | no_input, output_tokens=left, is_cut=True)


def is_empty_text(block: JsonObject) -> bool:
    return block.get("type") == "text" and not block.get("text")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStop:
    start: int
    sequence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStop:
    """A stop sequence in the text that begins with the block at `index`, `start` characters on."""

    index: int
    start: int
    sequence: str


def find_first_stop_across(written: Sequence[WrittenBlock], stop_sequences: Sequence[str]) -> PlacedStop | None:
    """The first in any run of text. Text that is cited is in blocks of its own, but it is one text all the same."""
    if not stop_sequences:
        return None
    index = 0
    while index < len(written):
        run = index
        while run < len(written) and written[run].block.get("type") == "text":
            run += 1
        text = "".join(get_string(part.block, "text") for part in written[index:run])
        found = find_first_stop(text, stop_sequences)
        if found:
            return PlacedStop(index=index, start=found.start, sequence=found.sequence)
        index = run + 1
    return None


def find_first_stop(text: str, stop_sequences: Sequence[str]) -> FoundStop | None:
    """The sequence that is complete first: a writer who stops there never gets to the others."""
    found = [
        FoundStop(start=start, sequence=sequence)
        for sequence in stop_sequences
        if (start := text.find(sequence)) >= 0
    ]
    return min(found, key=lambda stop: stop.start + len(stop.sequence), default=None)


def keep_until(written: Sequence[WrittenBlock], stop: PlacedStop) -> list[WrittenBlock]:
    """Everything before the stop sequence."""
    kept, left = list(written[: stop.index]), stop.start
    for part in written[stop.index :]:
        text = get_string(part.block, "text")[:left]
        tokens = len(split_tokens(text))
        kept.append(WrittenBlock(block=part.block | {"text": text}, output_tokens=tokens))
        left -= len(text)
        if left <= 0:
            break
    return kept
