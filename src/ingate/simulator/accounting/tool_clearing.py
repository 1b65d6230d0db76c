"""The edit clear_tool_uses_20250919: old tool results make way for a placeholder once the context is long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_integer, is_list, is_object

CLEAR_TOOL_USES = "clear_tool_uses_20250919"
DEFAULT_TRIGGER_TOKENS = 100_000
DEFAULT_KEPT_USES = 3
PLACEHOLDER = "[This tool result was cleared to save context.]"
"""The documentation says that a placeholder stands there, but not its words."""
_USES = ("tool_use", "server_tool_use", "mcp_tool_use")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    tool_use_id: str
    name: str


def get_answered_uses(messages: Sequence[JsonObject]) -> list[ToolUse]:
    """The tool uses that have a result, oldest first."""
    blocks = [block for message in messages for block in get_objects(message.get("content"))]
    answered = {get_string(block, "tool_use_id") for block in blocks if is_result(block)}
    return [
        ToolUse(tool_use_id=get_string(block, "id"), name=get_string(block, "name"))
        for block in blocks
        if block.get("type") in _USES and get_string(block, "id") in answered
    ]


def is_result(block: JsonObject) -> bool:
    return get_string(block, "type").endswith("tool_result")


def is_triggered(edit: JsonObject, *, tokens: int, uses: int) -> bool:
    """Whether the conversation has outgrown what the edit allows."""
    trigger = edit.get("trigger")
    trigger = trigger if is_object(trigger) else {}
    value = trigger.get("value")
    if trigger.get("type") == "tool_uses":
        return is_integer(value) and uses > value
    return tokens > (value if is_integer(value) else DEFAULT_TRIGGER_TOKENS)


def decide_cleared(edit: JsonObject, uses: Sequence[ToolUse]) -> Sequence[ToolUse]:
    """All but the newest, and but those of tools that are excluded."""
    keep = edit.get("keep")
    value = keep.get("value") if is_object(keep) else None
    kept = value if is_integer(value) else DEFAULT_KEPT_USES
    excluded = edit.get("exclude_tools")
    names = excluded if is_list(excluded) else []
    return [use for use in uses[: max(0, len(uses) - kept)] if use.name not in names]


def clear_tool_uses(
    messages: Sequence[JsonObject], edit: JsonObject, cleared: Sequence[ToolUse]
) -> Sequence[JsonObject]:
    results = {use.tool_use_id for use in cleared}
    which = edit.get("clear_tool_inputs")
    inputs = {use.tool_use_id for use in cleared if which is True or (is_list(which) and use.name in which)}

    def clear(block: JsonObject) -> JsonObject:
        if is_result(block) and get_string(block, "tool_use_id") in results:
            return block | {"content": PLACEHOLDER}
        if block.get("type") in _USES and get_string(block, "id") in inputs:
            emptied: JsonObject = {"input": {}}
            return block | emptied
        return block

    return [
        message | {"content": [clear(block) for block in get_objects(message["content"])]}
        if is_list(message.get("content"))
        else message
        for message in messages
    ]


def get_least_cleared(edit: JsonObject) -> int:
    """Tokens: if fewer would be cleared, nothing is."""
    least = edit.get("clear_at_least")
    value = least.get("value") if is_object(least) else None
    return value if is_integer(value) else 0
