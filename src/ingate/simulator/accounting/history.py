"""What the model reads of earlier turns: nothing before a compaction, and of thinking what its model keeps."""

from __future__ import annotations

from collections.abc import Sequence

from ingate.simulator.accounting.token_weights import TokenWeights
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_integer, is_object

THINKING = ("thinking", "redacted_thinking")
_SHORTENED = (*THINKING, "compaction")


def get_read_messages(body: JsonObject, weights: TokenWeights) -> Sequence[JsonObject]:
    """The messages without what the model never sees; the request's own list when that is all of it."""
    messages = get_objects(body.get("messages"))
    if not any(
        block.get("type") in _SHORTENED for message in messages for block in get_objects(message.get("content"))
    ):
        return messages
    read = drop_compacted(messages)
    return strip_thinking(read, find_first_kept(read, body, weights))


def drop_compacted(messages: Sequence[JsonObject]) -> Sequence[JsonObject]:
    """From the last compaction block on. One without content is a failed compaction and changes nothing."""
    for index in range(len(messages) - 1, -1, -1):
        blocks = get_objects(messages[index].get("content"))
        for place in range(len(blocks) - 1, -1, -1):
            if blocks[place].get("type") == "compaction" and get_string(blocks[place], "content"):
                return [messages[index] | {"content": list(blocks[place:])}, *messages[index + 1 :]]
    return messages


def find_first_kept(messages: Sequence[JsonObject], body: JsonObject, weights: TokenWeights) -> int:
    """The first message whose thinking is read; what a clear_thinking edit says goes before the model's manner."""
    if not is_thinking(body, weights):
        return len(messages)
    edit = find_edit(body, "clear_thinking_20251015")
    keep = find_kept_turns(edit) if edit else None
    if keep is not None:
        turns = get_thinking_turns(messages)
        return turns[-keep][0] if keep <= len(turns) else 0
    keeps_all = weights.keeps_thinking or (edit is not None and is_keeping_all(edit))
    return 0 if keeps_all else find_current_turn(messages)


def is_thinking(body: JsonObject, weights: TokenWeights) -> bool:
    thinking = body.get("thinking")
    if not is_object(thinking):
        return weights.thinks_by_default
    return thinking.get("type") != "disabled"


def is_keeping_all(edit: JsonObject) -> bool:
    keep = edit.get("keep")
    return keep == "all" or (is_object(keep) and keep.get("type") == "all")


def find_kept_turns(edit: JsonObject) -> int | None:
    """None when the edit leaves the number to the model, or keeps every turn."""
    keep = edit.get("keep")
    turns = keep.get("value") if is_object(keep) else None
    return turns if is_integer(turns) and turns > 0 else None


def find_edit(body: JsonObject, kind: str) -> JsonObject | None:
    """The edit of this type that the request asks for."""
    management = body.get("context_management")
    edits = get_objects(management.get("edits")) if is_object(management) else ()
    return next((edit for edit in edits if edit.get("type") == kind), None)


def find_current_turn(messages: Sequence[JsonObject]) -> int:
    """Where the turn begins that the assistant is in: after the last user message that is not all tool results."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") == "user" and not is_tool_results(messages[index]):
            return index
    return 0


def get_thinking_turns(messages: Sequence[JsonObject]) -> list[tuple[int, int]]:
    """The assistant's turns that hold thinking: first message, and the one after the last."""
    turns: list[tuple[int, int]] = []
    start: int | None = None
    for index, message in enumerate(messages):
        if message.get("role") == "assistant":
            start = index if start is None else start
        elif start is not None and not is_tool_results(message):
            turns.append((start, index))
            start = None
    if start is not None:
        turns.append((start, len(messages)))
    return [(first, end) for first, end in turns if any(map(has_thinking, messages[first:end]))]


def is_tool_results(message: JsonObject) -> bool:
    blocks = get_objects(message.get("content"))
    return bool(blocks) and all(block.get("type") == "tool_result" for block in blocks)


def has_thinking(message: JsonObject) -> bool:
    return any(block.get("type") in THINKING for block in get_objects(message.get("content")))


def strip_thinking(messages: Sequence[JsonObject], first_kept: int) -> Sequence[JsonObject]:
    if not any(map(has_thinking, messages[:first_kept])):
        return messages
    stripped = [
        message
        | {"content": [block for block in get_objects(message["content"]) if block.get("type") not in THINKING]}
        if has_thinking(message)
        else message
        for message in messages[:first_kept]
    ]
    return [*stripped, *messages[first_kept:]]
