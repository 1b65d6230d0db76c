"""A request in the order in which the model reads it - tools, system, messages - block by block, with the costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from ingate.simulator.accounting.block_parts import Part, get_block_parts, render_json
from ingate.simulator.accounting.history import get_read_messages
from ingate.simulator.accounting.token_weights import TokenWeights
from ingate.simulator.accounting.tool_parts import MCP_SERVER_TOKENS, get_tool_parts, get_tools_prompt
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_object

MESSAGE_TOKENS = 4
CONVERSATION_TOKENS = 3
"""What follows the last message: where the answer begins."""
SYSTEM_TOKENS = 3
THINKING_TOKENS = 29
"""What `thinking: enabled` adds."""
FORMAT_TOKENS = 170
"""The instructions that come with a schema for the answer, beside the schema itself."""
TASK_BUDGET_TOKENS = 39

Section: TypeAlias = Literal["tools", "system", "messages", "end"]


class Segment(NamedTuple):
    """A block and what it costs. What belongs to no block - the prompt for tools, say - counts with the next one."""

    section: Section
    role: str
    block: JsonObject | str | None
    parts: list[Part]


def get_segments(body: JsonObject, weights: TokenWeights) -> Iterator[Segment]:
    yield from get_tool_segments(body, weights)
    yield from get_system_segments(body, weights)
    pending: list[Part] = list(get_settings_parts(body, weights))
    for message in get_read_messages(body, weights):
        pending.append(MESSAGE_TOKENS)
        role = get_string(message, "role")
        for block in get_blocks(message.get("content")):
            yield Segment("messages", role, block, [*pending, *get_parts(block, weights)])
            pending = []
    yield Segment("end", "", None, [*pending, CONVERSATION_TOKENS])


def get_tool_segments(body: JsonObject, weights: TokenWeights) -> Iterator[Segment]:
    tools = get_objects(body.get("tools"))
    pending: list[Part] = [get_tools_prompt(tools, body.get("tool_choice"), weights)]
    for tool in tools:
        yield Segment("tools", "", tool, [*pending, *get_tool_parts(tool, weights)])
        pending = []


def get_system_segments(body: JsonObject, weights: TokenWeights) -> Iterator[Segment]:
    pending: list[Part] = [SYSTEM_TOKENS]
    for block in get_blocks(body.get("system")):
        yield Segment("system", "", block, [*pending, *get_parts(block, weights)])
        pending = []


def get_settings_parts(body: JsonObject, weights: TokenWeights) -> Iterator[Part]:
    """What the request's settings add to the prompt."""
    yield MCP_SERVER_TOKENS * len(get_objects(body.get("mcp_servers")))
    thinking = body.get("thinking")
    kind = get_string(thinking, "type") if is_object(thinking) else ""
    if kind == "enabled":
        yield THINKING_TOKENS
    elif kind == "adaptive":
        yield weights.adaptive_thinking
    config = body.get("output_config")
    if is_object(config) and is_object(config.get("task_budget")):
        yield TASK_BUDGET_TOKENS
    answer_format = config.get("format") if is_object(config) else body.get("output_format")
    if answer_format:
        yield FORMAT_TOKENS
        yield render_json(answer_format)


def get_blocks(content: object) -> Sequence[JsonObject | str]:
    """A text in the place of a list is one block; an empty one is none."""
    if isinstance(content, str):
        return (content,) if content else ()
    return get_objects(content)


def get_parts(block: JsonObject | str, weights: TokenWeights) -> Iterator[Part]:
    if isinstance(block, str):
        yield block
    else:
        yield from get_block_parts(block, weights)
