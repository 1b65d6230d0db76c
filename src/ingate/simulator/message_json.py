"""A reply as one JSON message, and the parts of it that a stream repeats."""

from __future__ import annotations

import msgspec

from ingate.simulator.reply import Reply, ReplyBlock, TextBlock, Usage

_encoder = msgspec.json.Encoder()


def render_message(reply: Reply) -> bytes:
    return _encoder.encode(
        get_message_members(
            reply,
            content=[get_block_members(reply.block)] if reply.block else [],
            stop_reason=reply.stop_reason,
            stop_sequence=reply.stop_sequence,
            output_tokens=reply.usage.output_tokens,
        )
    )


def render_token_count(input_tokens: int) -> bytes:
    return _encoder.encode({"input_tokens": input_tokens})


def get_message_members(
    reply: Reply,
    *,
    content: list[dict[str, object]],
    stop_reason: str | None,
    stop_sequence: str | None,
    output_tokens: int,
) -> dict[str, object]:
    """A message in the order of members that Claude sends."""
    return {
        "model": reply.response_model,
        "id": reply.message_id,
        "type": "message",
        "role": "assistant",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": stop_sequence,
        "stop_details": None,
        "usage": get_usage_members(reply.usage, output_tokens),
    }


def get_usage_members(usage: Usage, output_tokens: int) -> dict[str, object]:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def get_block_members(block: ReplyBlock) -> dict[str, object]:
    if isinstance(block, TextBlock):
        return {"type": "text", "text": block.text}
    return {"type": "tool_use", "id": block.tool_use_id, "name": block.name, "input": block.tool_input}
