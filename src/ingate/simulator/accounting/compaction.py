"""Compaction: when a conversation is summarized, and the summary, which says that no model wrote it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ingate.simulator.accounting.history import find_edit
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_integer, is_object

COMPACT = "compact_20260112"
COMPACT_BETA = "compact-2026-01-12"
DEFAULT_TRIGGER_TOKENS = 150_000
INSTRUCTION_TOKENS = 100
"""What asks for the summary, in recorded compactions."""
_QUOTED_LENGTH = 400


def find_compaction(body: JsonObject, *, tokens: int) -> JsonObject | None:
    """The edit by which this request is compacted: by its trigger, or because the request is for nothing else."""
    on_demand = body.get("compaction")
    if is_object(on_demand):
        return on_demand | {"pause_after_compaction": True}
    edit = find_edit(body, COMPACT)
    if edit is None:
        return None
    trigger = edit.get("trigger")
    value = trigger.get("value") if is_object(trigger) else None
    return edit if tokens >= (value if is_integer(value) else DEFAULT_TRIGGER_TOKENS) else None


def compose_summary(messages: Sequence[JsonObject], *, tokens: int, instructions: str) -> str:
    """The same for the same conversation."""
    return "\n".join(get_summary_lines(messages, tokens=tokens, instructions=instructions))


def get_summary_lines(messages: Sequence[JsonObject], *, tokens: int, instructions: str) -> Iterator[str]:
    blocks = [block for message in messages for block in get_objects(message.get("content"))]
    yield (
        "Simulated summary: no model wrote this. It stands for a conversation of "
        f"{len(messages)} message{'s' * (len(messages) != 1)}, about {tokens:,} input tokens."
    )
    names = Counter(get_string(block, "name") for block in blocks if block.get("type") == "tool_use")
    if names:
        yield "Tools called: " + ", ".join(f"{name} ({count}x)" for name, count in sorted(names.items())) + "."
    asked = find_user_text(messages)
    if asked:
        yield f'The user said last: "{quote(asked)}"'
    if instructions.strip():
        yield f'The summary was to follow these instructions: "{quote(instructions)}"'


def find_user_text(messages: Sequence[JsonObject]) -> str:
    for message in reversed(messages):
        content = message.get("content")
        if message.get("role") != "user":
            continue
        if isinstance(content, str):
            return content
        text = " ".join(get_string(block, "text") for block in get_objects(content) if block.get("type") == "text")
        if text:
            return text
    return ""


def quote(text: str) -> str:
    """On one line; of a long text both ends, since what is asked often stands last."""
    line = " ".join(text.split())
    half = _QUOTED_LENGTH // 2
    return line if len(line) <= _QUOTED_LENGTH else f"{line[:half]} ... {line[-half:]}"
