"""When a tool is called, and with what."""

from __future__ import annotations

import msgspec

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.reply import ToolUseBlock
from ingate.simulator.request import MessagesRequest, OfferedTool
from ingate.simulator.schema_example import build_object

_encoder = msgspec.json.Encoder()


def decide_tool_call(request: MessagesRequest) -> OfferedTool | None:
    """The tool to call. Never straight after a tool's result: so a client's loop ends after one call."""
    if request.tool_choice == "none" or request.last_turn.tool_result is not None:
        return None
    if request.tool_choice == "tool":
        return next((tool for tool in request.tools if tool.name == request.forced_tool_name), None)
    return request.tools[0] if request.tools else None


def compose_tool_call(tool: OfferedTool, fingerprint: Fingerprint) -> ToolUseBlock:
    tool_input = build_object(tool.input_schema)
    return ToolUseBlock(
        tool_use_id=fingerprint.tool_use_id,
        name=tool.name,
        tool_input=tool_input,
        input_json=_encoder.encode(tool_input).decode(),
    )
