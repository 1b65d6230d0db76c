"""From a request to a reply: a tool call if one is due, text otherwise, within the limits that it sets."""

from __future__ import annotations

from ingate.simulator.composition import compose_text
from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.reply import Reply, ReplyBlock, StopReason, TextBlock, ToolUseBlock, Usage
from ingate.simulator.request import MessagesRequest
from ingate.simulator.stopping import stop_text
from ingate.simulator.tokens import count_text_tokens
from ingate.simulator.tool_call import compose_tool_call, decide_tool_call

TOOL_CALL_TOKENS = 30
"""What a call costs beside the name and the arguments."""


def decide_reply(request: MessagesRequest, *, input_tokens: int, fingerprint: Fingerprint) -> Reply:
    tool = decide_tool_call(request)
    if tool:
        return limit_tool_call(
            request, compose_tool_call(tool, fingerprint), input_tokens=input_tokens, fingerprint=fingerprint
        )
    stopped = stop_text(
        compose_text(request, fingerprint),
        max_tokens=request.max_tokens,
        stop_sequences=request.stop_sequences,
    )
    return Reply(
        message_id=fingerprint.message_id,
        response_model=request.upstream_model,
        block=TextBlock(text=stopped.text) if stopped.text else None,
        stop_reason=stopped.stop_reason,
        stop_sequence=stopped.stop_sequence,
        usage=Usage(input_tokens=input_tokens, output_tokens=stopped.output_tokens),
    )


def limit_tool_call(
    request: MessagesRequest, call: ToolUseBlock, *, input_tokens: int, fingerprint: Fingerprint
) -> Reply:
    """The call, or as much of it as `max_tokens` allows: its name, and arguments that never came."""
    cost = TOOL_CALL_TOKENS + count_text_tokens(call.name) + count_text_tokens(call.input_json)
    block: ReplyBlock = call
    stop_reason: StopReason = "tool_use"
    if cost > request.max_tokens:
        block = ToolUseBlock(tool_use_id=call.tool_use_id, name=call.name, tool_input={}, input_json="")
        stop_reason = "max_tokens"
    return Reply(
        message_id=fingerprint.message_id,
        response_model=request.upstream_model,
        block=block,
        stop_reason=stop_reason,
        stop_sequence=None,
        usage=Usage(input_tokens=input_tokens, output_tokens=min(cost, request.max_tokens)),
    )
