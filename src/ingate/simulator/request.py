"""A request that passed validation, as far as an answer depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ingate.simulator.incoming import Hosting
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_integer, is_list, is_object
from ingate.simulator.model_facts import ModelFacts, get_model_facts

ToolChoice = Literal["auto", "any", "tool", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTool:
    """A tool that the client runs: one with a schema of its own."""

    name: str
    input_schema: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What the client's tool said: the text of it, if any."""

    text: str
    is_error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTurn:
    """The text of the last user message, and the tool results in it."""

    text: str
    results: tuple[ToolResult, ...] = ()

    @property
    def tool_result(self) -> str | None:
        """The text of all results; None if there are none."""
        return "\n".join(result.text for result in self.results) if self.results else None


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
    takes_parallel_calls: bool
    """Several tools may be called at once."""
    body: JsonObject
    """The whole request."""
    betas: tuple[str, ...]
    hosting: Hosting
    facts: ModelFacts


def parse_messages_request(
    body: JsonObject,
    *,
    betas: tuple[str, ...] = (),
    hosting: Hosting = "anthropic",
    facts: ModelFacts | None = None,
) -> MessagesRequest:
    """Reads a body that validation found nothing wrong with. Without `facts`, those of the model that it names."""
    messages = get_objects(body["messages"])
    max_tokens = body["max_tokens"]
    stop_sequences = body.get("stop_sequences")
    choice = body.get("tool_choice")
    choice = choice if is_object(choice) else {}
    upstream_model = get_string(body, "model")
    return MessagesRequest(
        upstream_model=upstream_model,
        max_tokens=max_tokens if is_integer(max_tokens) else 0,
        stop_sequences=tuple(map(str, stop_sequences)) if is_list(stop_sequences) else (),
        is_streamed=body.get("stream") is True,
        message_count=len(messages),
        last_turn=parse_last_turn(messages),
        tools=tuple(parse_tools(body.get("tools"))),
        tool_choice=parse_tool_choice(choice.get("type")),
        forced_tool_name=get_string(choice, "name"),
        takes_parallel_calls=choice.get("disable_parallel_tool_use") is not True,
        body=body,
        betas=betas,
        hosting=hosting,
        facts=facts or get_model_facts(upstream_model),
    )


def parse_last_turn(messages: Sequence[JsonObject]) -> LastTurn:
    """Reads the last message of the user; what the assistant or the system said after it does not count."""
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            if isinstance(content, str):
                return LastTurn(text=content)
            blocks = get_objects(content)
            results = tuple(parse_tool_result(block) for block in blocks if block.get("type") == "tool_result")
            return LastTurn(text=join_text([block for block in blocks if not is_reminder(block)]), results=results)
    return LastTurn(text="")


def is_reminder(block: JsonObject) -> bool:
    """What an agent tells the model beside its user's words, as Claude Code does: it asks for nothing."""
    return get_string(block, "text").lstrip().startswith("<system-reminder>")


def parse_tool_result(block: JsonObject) -> ToolResult:
    content = block.get("content")
    text = content if isinstance(content, str) else join_text(get_objects(content))
    return ToolResult(text=text, is_error=block.get("is_error") is True)


def join_text(blocks: Sequence[JsonObject]) -> str:
    return "\n".join(get_string(block, "text") for block in blocks if block.get("type") == "text")


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
