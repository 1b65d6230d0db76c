"""A call of a tool and its result: each call is answered once, in the next turn, before anything else is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingate.simulator.json_value import JsonObject, get_string
from ingate.simulator.validation.inspection import Inspection, Problem, get_blocks


@dataclass(slots=True)
class OpenCalls:
    """The calls of one turn of the assistant, and what the user's turn after it has said of them so far.

    Messages of one role that follow one another are one turn: Claude reads them so.
    """

    called_at: int = 0
    """The index of the last message that called."""
    calls: list[str] = field(default_factory=list[str])
    answered: set[str] = field(default_factory=set[str])
    leading: set[str] = field(default_factory=set[str])
    """Those answered before anything else was said."""
    is_leading: bool = True


def find_unpaired_tool_block(request: Inspection) -> Problem:
    state = OpenCalls()
    role = "user"
    for index, message in enumerate(request.messages):
        if message["role"] == "system":
            continue
        if message["role"] != role:
            role = get_string(message, "role")
            if role == "assistant":
                problem = explain_missing(state)
                if problem:
                    return problem
                state = OpenCalls()
        problem = add_calls(state, index, message) if role == "assistant" else add_results(state, index, message)
        if problem:
            return problem
    return explain_missing(state)


def add_calls(state: OpenCalls, index: int, message: JsonObject) -> str | None:
    """An id may come again in a later turn, when the first call of that id was answered."""
    state.called_at = index
    for place, block in enumerate(get_blocks(message)):
        if block["type"] == "tool_use":
            tool_use_id = get_string(block, "id")
            if tool_use_id in state.calls:
                return f"messages.{index}.content.{place}: `tool_use` ids must be unique"
            state.calls.append(tool_use_id)
    return None


def add_results(state: OpenCalls, index: int, message: JsonObject) -> str | None:
    blocks = get_blocks(message)
    if not blocks and message["content"]:
        state.is_leading = False
    for place, block in enumerate(blocks):
        if block["type"] != "tool_result":
            state.is_leading = False
            continue
        tool_use_id = get_string(block, "tool_use_id")
        if tool_use_id not in state.calls:
            return (
                f"messages.{index}.content.{place}: "
                f"unexpected `tool_use_id` found in `tool_result` blocks: {tool_use_id}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if tool_use_id in state.answered:
            return (
                f"messages.{index}.content.{place}: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {tool_use_id}"
            )
        state.answered.add(tool_use_id)
        if state.is_leading:
            state.leading.add(tool_use_id)
    return None


def explain_missing(state: OpenCalls) -> str | None:
    missing: Sequence[str] = [call for call in state.calls if call not in state.leading]
    if not missing:
        return None
    return (
        f"messages.{state.called_at}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(missing)}. "
        "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
    )
