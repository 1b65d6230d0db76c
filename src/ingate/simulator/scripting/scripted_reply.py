"""A script's content as a reply: what it does not say is filled in as the simulator would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from ingate.simulator.accounting.tokens import count_text_tokens
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.json_value import JsonObject, get_string
from ingate.simulator.reply import Reply, Usage
from ingate.simulator.scripting.facts import RequestFacts
from ingate.simulator.scripting.responses import ScriptedContent
from ingate.simulator.scripting.templates import fill_block
from ingate.simulator.signatures import sign

CALL_TOKENS = 30
"""What a call costs beside its name and arguments, about."""
BYTES_PER_TOKEN = 4

_ID_PREFIXES = {"tool_use": "toolu_", "server_tool_use": "srvtoolu_", "mcp_tool_use": "mcptoolu_"}


def make_bare_reply(facts: RequestFacts, fingerprint: Fingerprint) -> Reply:
    """What a script's content stands on when the request is one that would have been refused."""
    return Reply(
        message_id=fingerprint.message_id,
        response_model=facts.model,
        content=(),
        stop_reason="end_turn",
        stop_sequence=None,
        usage=Usage(input_tokens=max(1, len(facts.request.body) // BYTES_PER_TOKEN), output_tokens=0),
    )


def put_in_place(reply: Reply, scripted: ScriptedContent, facts: RequestFacts, fingerprint: Fingerprint) -> Reply:
    """The reply with what the script says in the place of what was generated."""
    if scripted.content is not None:
        content = make_content(scripted.content, facts, fingerprint)
        reply = replace(
            reply,
            content=content,
            stop_reason=infer_stop_reason(content),
            stop_sequence=None,
            stop_details=None,
            usage=count_usage(reply.usage, content),
        )
    if scripted.stop_reason is not None:
        reply = replace(reply, stop_reason=scripted.stop_reason, stop_sequence=None)
    if scripted.stop_sequence is not None:
        reason = scripted.stop_reason or "stop_sequence"
        reply = replace(reply, stop_sequence=scripted.stop_sequence, stop_reason=reason)
    if scripted.stop_details is not None:
        reply = replace(reply, stop_details=scripted.stop_details)
    if scripted.usage is not None:
        reply = replace(reply, usage=replace(reply.usage, overrides=scripted.usage))
    return reply


def make_content(
    blocks: Sequence[JsonObject], facts: RequestFacts, fingerprint: Fingerprint
) -> tuple[JsonObject, ...]:
    return tuple(
        complete_block(fill_block(block, facts), facts.model, fingerprint, index)
        for index, block in enumerate(blocks)
    )


def complete_block(block: JsonObject, model: str, fingerprint: Fingerprint, index: int) -> JsonObject:
    """A block in the order of members that Claude sends: a call with an id, thinking with a signature."""
    kind = get_string(block, "type")
    prefix = _ID_PREFIXES.get(kind)
    if prefix is not None:
        return {"type": kind, "id": fingerprint.derive_id(prefix, index + 1), **block}
    if kind == "thinking" and "signature" not in block:
        salt = fingerprint.derive_bytes(b"thinking %d" % index)
        return {**block, "signature": sign(get_string(block, "thinking"), model=model, salt=salt)}
    return block


def infer_stop_reason(content: Sequence[JsonObject]) -> str:
    return "tool_use" if any(block.get("type") == "tool_use" for block in content) else "end_turn"


def count_usage(usage: Usage, content: Sequence[JsonObject]) -> Usage:
    """The request's cost as it was, and an estimate of what the content would have cost."""
    thinking = sum(count_block(block) for block in content if get_string(block, "type").endswith("thinking"))
    return replace(
        usage,
        output_tokens=sum(map(count_block, content)),
        thinking_tokens=thinking,
        web_search_requests=count_calls(content, "web_search"),
        web_fetch_requests=count_calls(content, "web_fetch"),
    )


def count_block(block: JsonObject) -> int:
    match block.get("type"):
        case "text":
            return max(1, count_text_tokens(get_string(block, "text")))
        case "thinking":
            return max(1, count_text_tokens(get_string(block, "thinking")))
        case "redacted_thinking":
            return len(get_string(block, "data")) // BYTES_PER_TOKEN
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            arguments = msgspec.json.encode(block.get("input")).decode()
            return CALL_TOKENS + count_text_tokens(get_string(block, "name")) + count_text_tokens(arguments)
        case _:
            return 0


def count_calls(content: Sequence[JsonObject], name: str) -> int:
    return sum(1 for block in content if block.get("type") == "server_tool_use" and block.get("name") == name)
