"""A reply as one JSON message, and the parts of it that a stream repeats."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ingate.simulator.json_value import JsonObject
from ingate.simulator.reply import Reply, Usage

_encoder = msgspec.json.Encoder()
_SERVER_CALLS = frozenset({"server_tool_use", "mcp_tool_use"})


def render_message(reply: Reply) -> bytes:
    return _encoder.encode(get_message_members(reply))


def render_token_count(input_tokens: int, context_management: JsonObject | None = None) -> bytes:
    """`context_management` where the request asked for any."""
    members: JsonObject = {"input_tokens": input_tokens}
    if context_management is not None:
        members["context_management"] = context_management
    return _encoder.encode(members)


def get_message_members(reply: Reply) -> JsonObject:
    """A whole message in the order of members that Claude sends."""
    members: JsonObject = {
        **get_opening_members(reply),
        "content": list(reply.content),
        **get_stop_members(reply),
        "usage": get_usage_members(reply),
    }
    return members | get_context_members(reply)


def get_opening_members(reply: Reply) -> JsonObject:
    return {"model": reply.response_model, "id": reply.message_id, "type": "message", "role": "assistant"}


def get_stop_members(reply: Reply) -> JsonObject:
    """Why it ended, and the container that its code ran in, if any."""
    members: JsonObject = {
        "stop_reason": reply.stop_reason,
        "stop_sequence": reply.stop_sequence,
        "stop_details": reply.stop_details,
    }
    return members if reply.container is None else members | {"container": reply.container}


def get_context_members(reply: Reply) -> JsonObject:
    return {} if reply.context_management is None else {"context_management": reply.context_management}


def get_usage_members(reply: Reply) -> JsonObject:
    usage = reply.usage
    members: JsonObject = {
        **get_input_counts(usage),
        **get_standing_members(usage),
        **get_output_members(usage, content=reply.content),
        "service_tier": "standard",
    }
    return members | (usage.overrides or {})


def get_input_counts(usage: Usage) -> JsonObject:
    """The counts that a stream tells twice: when it starts and when it ends."""
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_5m + usage.cache_creation_1h,
        "cache_read_input_tokens": usage.cache_read,
    }


def get_standing_members(usage: Usage) -> JsonObject:
    """What is known when a stream starts and never told again."""
    return {
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_creation_5m,
            "ephemeral_1h_input_tokens": usage.cache_creation_1h,
        }
    }


def get_output_members(usage: Usage, *, content: Sequence[JsonObject]) -> JsonObject:
    """What is known at the end. Members that have nothing to tell are left out, as Claude leaves them out."""
    members: JsonObject = {"output_tokens": usage.output_tokens}
    if usage.thinking_tokens:
        members["output_tokens_details"] = {"thinking_tokens": usage.thinking_tokens}
    requests = {
        "web_search_requests": usage.web_search_requests,
        "web_fetch_requests": usage.web_fetch_requests,
    }
    if any(requests.values()) or any(block.get("type") in _SERVER_CALLS for block in content):
        members["server_tool_use"] = requests
    if usage.iterations:
        members["iterations"] = list(usage.iterations)
    return members
