"""A request that passed validation, as far as an answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_integer, is_list, is_object

ToolChoice = Literal["auto", "any", "tool", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTool:
    """A tool that the client runs: one with a schema of its own."""

    name: str
    input_schema: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTurn:
    """The text of the last user message, and of the tool results in it (None if there are none)."""

    text: str
    tool_result: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesRequest:
    upstream_model: str
    max_tokens: int
    stop_sequences: tuple[str, ...]
    is_streamed: bool
    message_count: int
    last_turn: LastTurn
    tools: tuple[OfferedTool, ...]
    tool_choice: ToolChoice
    forced_tool_name: str


def parse_messages_request(body: JsonObject) -> MessagesRequest:
    """Reads a body that `validation.find_body_problem` found nothing wrong with."""
    messages = get_objects(body["messages"])
    max_tokens = body["max_tokens"]
    stop_sequences = body.get("stop_sequences")
    choice = body.get("tool_choice")
    choice = choice if is_object(choice) else {}
    return MessagesRequest(
        upstream_model=get_string(body, "model"),
        max_tokens=max_tokens if is_integer(max_tokens) else 0,
        stop_sequences=tuple(map(str, stop_sequences)) if is_list(stop_sequences) else (),
        is_streamed=body.get("stream") is True,
        message_count=len(messages),
        last_turn=parse_last_turn(messages),
        tools=tuple(parse_tools(body.get("tools"))),
        tool_choice=parse_tool_choice(choice.get("type")),
        forced_tool_name=get_string(choice, "name"),
    )


def parse_last_turn(messages: Sequence[JsonObject]) -> LastTurn:
    """Reads the last message of the user; what the assistant or the system said after it does not count."""
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            if isinstance(content, str):
                return LastTurn(text=content, tool_result=None)
            blocks = get_objects(content)
            results = [render_tool_result(block) for block in blocks if block["type"] == "tool_result"]
            return LastTurn(text=join_text(blocks), tool_result="\n".join(results) if results else None)
    return LastTurn(text="", tool_result=None)


def render_tool_result(block: JsonObject) -> str:
    content = block.get("content")
    return content if isinstance(content, str) else join_text(get_objects(content))


def join_text(blocks: Sequence[JsonObject]) -> str:
    return "\n".join(get_string(block, "text") for block in blocks if block["type"] == "text")


def parse_tools(tools: object) -> Iterator[OfferedTool]:
    for tool in get_objects(tools):
        schema = tool.get("input_schema")
        if is_object(schema):
            yield OfferedTool(name=get_string(tool, "name"), input_schema=schema)


def parse_tool_choice(value: object) -> ToolChoice:
    match value:
        case "any":
            return "any"
        case "tool":
            return "tool"
        case "none":
            return "none"
        case _:
            return "auto"
