"""A reply as server-sent events, in the order, sizes and spelling of Claude's own streams.

message_start; content_block_start, ping, content_block_delta..., content_block_stop; message_delta; message_stop.
Events are made one at a time as they are asked for, so a slow stream holds its text and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

import msgspec

from ingate.simulator.message_json import get_message_members
from ingate.simulator.reply import Reply, ReplyBlock, TextBlock

DELTA_LENGTHS = (4, 12, 9, 31, 12, 5, 18, 60, 12, 8, 21, 3, 12, 44, 10, 26, 7, 36, 11, 19)
"""Characters of text in successive deltas: like recorded streams, median 12 and mean 18."""

INPUT_DELTA_LENGTHS = (2, 8, 5, 9, 6, 4, 7)
"""The same for a tool's arguments: median 6, mean 6."""

PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_MOST_EARLY_TOKENS = 5
_MOST_PADDING = 15

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How an answer spreads over time, in seconds and tokens per second (0: as fast as possible)."""

    time_to_first_token: float
    tokens_per_second: float

    def get_seconds(self, tokens: float) -> float:
        return tokens / self.tokens_per_second if self.tokens_per_second else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What varies between streams of one grammar. `first_length` chooses where delta lengths begin."""

    pad_data_lines: bool
    first_length: int


def render_stream(reply: Reply, pace: Pace, style: Style) -> Iterator[tuple[float, bytes]]:
    """Pairs of the seconds to wait before an event, and the event."""
    pieces = render_events(reply, pace, style)
    return pad_events(pieces, style.first_length) if style.pad_data_lines else pieces


def render_events(reply: Reply, pace: Pace, style: Style) -> Iterator[tuple[float, bytes]]:
    yield pace.time_to_first_token, render_message_start(reply)
    if reply.block:
        yield 0.0, render_block_start(reply.block)
        yield 0.0, PING
        yield from render_deltas(reply.block, pace.get_seconds(reply.usage.output_tokens), style)
        yield 0.0, b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    yield 0.0, render_message_delta(reply)
    yield 0.0, b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def render_event(name: str, members: dict[str, object]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _encoder.encode({"type": name, **members}))


def render_message_start(reply: Reply) -> bytes:
    """The message before anything was written: what it has cost by then is its first few tokens."""
    message = get_message_members(
        reply,
        content=[],
        stop_reason=None,
        stop_sequence=None,
        output_tokens=min(reply.usage.output_tokens, _MOST_EARLY_TOKENS),
    )
    return render_event("message_start", {"message": message})


def render_block_start(block: ReplyBlock) -> bytes:
    if isinstance(block, TextBlock):
        empty: dict[str, object] = {"type": "text", "text": ""}
    else:
        empty = {"type": "tool_use", "id": block.tool_use_id, "name": block.name, "input": {}}
    return render_event("content_block_start", {"index": 0, "content_block": empty})


def render_deltas(block: ReplyBlock, seconds: float, style: Style) -> Iterator[tuple[float, bytes]]:
    """The block's text or arguments in pieces; `seconds` is shared out by their lengths."""
    if isinstance(block, TextBlock):
        opening, content, lengths = _TEXT_DELTA, block.text, DELTA_LENGTHS
    else:
        opening, content, lengths = _INPUT_DELTA, block.input_json, INPUT_DELTA_LENGTHS
        yield 0.0, opening + b'""}}\n\n'
    encode = _encoder.encode
    for piece in split_content(content, lengths, style.first_length):
        yield seconds * len(piece) / len(content), opening + encode(piece) + b"}}\n\n"


_DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
_TEXT_DELTA = _DELTA + b'{"type":"text_delta","text":'
_INPUT_DELTA = _DELTA + b'{"type":"input_json_delta","partial_json":'


def split_content(content: str, lengths: tuple[int, ...], first_length: int) -> Iterator[str]:
    start, end = 0, len(content)
    for length in islice(cycle(lengths), first_length % len(lengths), None):
        if start >= end:
            return
        yield content[start : start + length]
        start += length


def render_message_delta(reply: Reply) -> bytes:
    return render_event(
        "message_delta",
        {
            "delta": {
                "stop_reason": reply.stop_reason,
                "stop_sequence": reply.stop_sequence,
                "stop_details": None,
            },
            "usage": {
                "input_tokens": reply.usage.input_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": reply.usage.output_tokens,
            },
        },
    )


def pad_events(events: Iterator[tuple[float, bytes]], state: int) -> Iterator[tuple[float, bytes]]:
    """Puts white space before the last brace of data lines, as the real API does, at repeatable lengths."""
    for wait, event in events:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        padding = b"" if event is PING else b" " * ((state >> 16) % (_MOST_PADDING + 1))
        yield wait, event[:-3] + padding + b"}\n\n"
