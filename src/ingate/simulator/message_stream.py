"""A reply as server-sent events, in the order, sizes and spelling of Claude's own streams.

message_start; content_block_start, ping, content_block_delta..., content_block_stop for each block, though a ping
after the first block's start only; message_delta; message_stop. Events are made one at a time as they are asked
for, so a slow stream holds its content and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from ingate.simulator.block_stream import get_block_start, get_weight, split_block
from ingate.simulator.json_value import JsonObject, get_objects, get_string
from ingate.simulator.message_json import (
    get_context_members,
    get_input_counts,
    get_opening_members,
    get_output_members,
    get_standing_members,
    get_stop_members,
)
from ingate.simulator.reply import Reply

PING = b'event: ping\ndata: {"type": "ping"}\n\n'
EAGER_BETA = "fine-grained-tool-streaming-2025-05-14"
_MOST_EARLY_TOKENS = 5
_MOST_PADDING = 15
_TOLD_AT_THE_START = frozenset({"cache_creation", "service_tier", "inference_geo", "speed"})
_TOLD_TWICE = frozenset({"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"})

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How an answer spreads over time, in seconds and tokens per second (0: as fast as possible)."""

    time_to_first_token: float
    tokens_per_second: float
    jitter: float = 0.0
    """How far each wait may be off its even share: 0 not at all, 1 by as much again or down to nothing."""

    def get_seconds(self, tokens: float) -> float:
        return tokens / self.tokens_per_second if self.tokens_per_second else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What varies between streams of one grammar. `first_length` chooses where delta lengths begin."""

    pad_data_lines: bool
    first_length: int
    eager_tools: frozenset[str] = frozenset()
    """Names of tools whose arguments come as they are written, in larger pieces."""


def list_eager_tools(body: JsonObject, betas: Sequence[str]) -> frozenset[str]:
    """The tools that fine-grained streaming was asked for: each by its own field, or all of them by the beta."""
    return frozenset(
        get_string(tool, "name")
        for tool in get_objects(body.get("tools"))
        if EAGER_BETA in betas or tool.get("eager_input_streaming") is True
    )


def render_stream(reply: Reply, pace: Pace, style: Style) -> Iterator[tuple[float, bytes]]:
    """Pairs of the seconds to wait before an event, and the event."""
    pieces = render_events(reply, pace, style)
    if pace.jitter:
        pieces = jitter_waits(pieces, pace.jitter, style.first_length)
    return pad_events(pieces, style.first_length) if style.pad_data_lines else pieces


def render_events(reply: Reply, pace: Pace, style: Style) -> Iterator[tuple[float, bytes]]:
    seconds = pace.get_seconds(reply.usage.output_tokens)
    per_character = seconds / max(1, sum(map(get_weight, reply.content))) if seconds else 0.0
    yield pace.time_to_first_token, render_message_start(reply)
    for index, block in enumerate(reply.content):
        yield 0.0, render_event("content_block_start", {"index": index, "content_block": get_block_start(block)})
        if index == 0:
            yield 0.0, PING
        opening = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":' % index
        is_eager = get_string(block, "name") in style.eager_tools
        for delta in split_block(block, first_length=style.first_length, is_eager=is_eager):
            yield get_length(delta) * per_character, opening + _encoder.encode(delta) + b"}\n\n"
        yield 0.0, b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % index
    yield 0.0, render_message_delta(reply)
    yield 0.0, b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def get_length(delta: JsonObject) -> int:
    """How many characters a delta spells out."""
    for name in ("text", "partial_json", "thinking", "signature", "content"):
        value = delta.get(name)
        if isinstance(value, str):
            return len(value)
    return 0


def render_event(name: str, members: JsonObject) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _encoder.encode({"type": name, **members}))


def render_message_start(reply: Reply) -> bytes:
    """The message before anything was written: what it has cost by then is its first few tokens."""
    usage: JsonObject = {
        **get_input_counts(reply.usage),
        **get_standing_members(reply.usage),
        "output_tokens": min(reply.usage.output_tokens, _MOST_EARLY_TOKENS),
        "service_tier": "standard",
    }
    overrides = reply.usage.overrides or {}
    usage |= {name: value for name, value in overrides.items() if name in _TOLD_AT_THE_START | _TOLD_TWICE}
    message: JsonObject = {
        **get_opening_members(reply),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage,
    }
    return render_event("message_start", {"message": message})


def render_message_delta(reply: Reply) -> bytes:
    """Why it ended, and every count that was not final when it began."""
    overrides = reply.usage.overrides or {}
    usage: JsonObject = {
        **get_input_counts(reply.usage),
        **get_output_members(reply.usage, content=reply.content),
        **{name: value for name, value in overrides.items() if name not in _TOLD_AT_THE_START},
    }
    return render_event(
        "message_delta", {"delta": get_stop_members(reply), "usage": usage, **get_context_members(reply)}
    )


def advance(state: int) -> int:
    """The next of a row of numbers below 2**31 that look random and are the same every time."""
    return (state * 1103515245 + 12345) & 0x7FFFFFFF


def jitter_waits(events: Iterator[tuple[float, bytes]], jitter: float, state: int) -> Iterator[tuple[float, bytes]]:
    """Makes waits uneven, at repeatable lengths, without making the whole much longer or shorter."""
    for wait, event in events:
        state = advance(state)
        share = (state >> 15) / 0xFFFF
        yield (wait * (1 + jitter * (2 * share - 1)) if wait else wait), event


def pad_events(events: Iterator[tuple[float, bytes]], state: int) -> Iterator[tuple[float, bytes]]:
    """Puts white space before the last brace of data lines, as the real API does, at repeatable lengths."""
    for wait, event in events:
        state = advance(state)
        padding = b"" if event is PING else b" " * ((state >> 16) % (_MOST_PADDING + 1))
        yield wait, event[:-3] + padding + b"}\n\n"
