"""The order of turns, and which of them may be empty or blank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingate.simulator.json_value import JsonObject, get_objects, get_string
from ingate.simulator.validation.inspection import Inspection, Problem, get_blocks

_DIRECTIVE_ONLY = "the directive-only form (content: [] with output_config) is accepted at any position"
_SYSTEM_BLOCKS = frozenset({"text", "tool_addition", "tool_removal"})
_SERVER_BLOCK_ENDS = ("_tool_result", "server_tool_use", "mcp_tool_use", "container_upload", "compaction")


def find_misplaced_system_message(request: Inspection) -> Problem:
    """Instructions in the middle of a conversation: after a user's turn, before an assistant's or at the end."""
    messages = request.messages
    for index, message in enumerate(messages):
        if message["role"] == "system":
            problem = explain_system_message(index, messages, request)
            if problem:
                return problem
        elif message["role"] == "user" and not message["content"] and is_empty_run(index, messages):
            return f"messages.{index}: user messages must have non-empty content"
    return None


def explain_system_message(index: int, messages: Sequence[JsonObject], request: Inspection) -> str | None:
    message = messages[index]
    if not message["content"]:
        is_directive = "output_config" in message
        return None if is_directive else f"messages.{index}: system content must contain at least one block"
    if any(block["type"] not in _SYSTEM_BLOCKS for block in get_blocks(message)):
        return f"messages.{index}: role 'system' supports text, tool_addition, and tool_removal blocks only"
    if index == 0:
        return "messages.0: use the top-level 'system' parameter for the initial system prompt; " + _DIRECTIVE_ONLY
    if not request.facts.takes_system_messages:
        return "role 'system' is not supported on this model"
    following = messages[index + 1]["role"] if index + 1 < len(messages) else "assistant"
    if following == "user":
        return (
            f"messages.{index}: role 'system' must precede an 'assistant' message or end the array; {_DIRECTIVE_ONLY}"
        )
    before = messages[index - 1]
    if before["role"] == "assistant" and not ends_with_server_block(before):
        return (
            f"messages.{index}: role 'system' must follow a 'user' message or an 'assistant' message "
            f"that ends in a server tool result; {_DIRECTIVE_ONLY}"
        )
    if any(not text.strip() for text in iterate_texts(message)):
        return f"messages.{index}: system text blocks must contain non-whitespace text"
    return None


def is_empty_run(index: int, messages: Sequence[JsonObject]) -> bool:
    """Turns of one role that follow one another are one turn: it is empty when all of them are."""
    first = last = index
    while first > 0 and messages[first - 1]["role"] == "user":
        first -= 1
    while last + 1 < len(messages) and messages[last + 1]["role"] == "user":
        last += 1
    return not any(message["content"] for message in messages[first : last + 1])


def iterate_texts(message: JsonObject) -> Iterator[str]:
    content = message["content"]
    if isinstance(content, str):
        yield content
    for block in get_objects(content):
        if block["type"] == "text":
            yield get_string(block, "text")


def ends_with_server_block(message: JsonObject) -> bool:
    """What the server did stands last: the turn was paused, and is to be gone on with."""
    blocks = get_blocks(message)
    kind = get_string(blocks[-1], "type") if blocks else ""
    return kind != "tool_result" and kind.endswith(_SERVER_BLOCK_ENDS)


def find_empty_assistant_message(request: Inspection) -> Problem:
    for index, message in enumerate(request.messages[:-1]):
        if message["role"] == "assistant" and not message["content"]:
            return (
                f"messages.{index}: all messages must have non-empty content "
                "except for the optional final assistant message"
            )
    return None


def find_blank_text(request: Inspection) -> Problem:
    for place, block in enumerate(get_objects(request.body.get("system"))):
        if is_blank(block.get("text")):
            return explain_blank_text(block, where="system", path=f"system.{place}")
    for index, message in enumerate(request.messages):
        content = message["content"]
        if isinstance(content, str):
            if content and content.isspace():
                return "messages: text content blocks must contain non-whitespace text"
            continue
        for place, block in enumerate(get_objects(content)):
            if message["role"] != "system" and block["type"] == "text" and is_blank(block["text"]):
                return explain_blank_text(block, where="messages", path=f"messages.{index}.content.{place}.text")
    return None


def is_blank(text: object) -> bool:
    return isinstance(text, str) and (not text or text.isspace())


def explain_blank_text(block: JsonObject, *, where: str, path: str) -> str:
    if block["text"]:
        return f"{where}: text content blocks must contain non-whitespace text"
    if block.get("cache_control"):
        return f"{path}: cache_control cannot be set for empty text blocks"
    return f"{where}: text content blocks must be non-empty"


def find_unsupported_prefill(request: Inspection) -> Problem:
    """Newer models do not go on with a text that the client began; a paused turn they do go on with."""
    last = request.messages[-1]
    if last["role"] != "assistant" or not last["content"] or request.facts.takes_prefill:
        return None
    if ends_with_server_block(last):
        return None
    return "This model does not support assistant message prefill. The conversation must end with a user message."


def find_trailing_whitespace(request: Inspection) -> Problem:
    last = request.messages[-1]
    if last["role"] != "assistant":
        return None
    content = last["content"]
    blocks = get_blocks(last)
    text = content if isinstance(content, str) else get_string(blocks[-1], "text") if blocks else ""
    if text and text != text.rstrip():
        return "messages: final assistant content cannot end with trailing whitespace"
    return None


def find_block_of_wrong_role(request: Inspection) -> Problem:
    for index, message in enumerate(request.messages):
        for block in get_blocks(message):
            if block["type"] == "tool_use" and message["role"] == "user":
                return f"messages.{index}: `tool_use` blocks can only be in `assistant` messages"
            if block["type"] == "tool_result" and message["role"] == "assistant":
                return f"messages.{index}: `tool_result` blocks can only be in `user` messages"
    return None


def find_content_removed_in_second_version(request: Inspection) -> Problem:
    """2026-10-21: no documents of the assistant's, no citations in the user's texts."""
    if request.version == "2023-06-01":
        return None
    for index, message in enumerate(request.messages):
        for place, block in enumerate(get_blocks(message)):
            path = f"messages.{index}.content.{place}"
            if message["role"] == "assistant" and block["type"] == "document":
                return f"{path}: `document` blocks can only be in `user` messages"
            if message["role"] == "user" and block["type"] == "text" and block.get("citations"):
                return f"{path}.text.citations: Extra inputs are not permitted"
            if message["role"] == "user" and block["type"] == "search_result":
                for inner, text in enumerate(get_objects(block.get("content"))):
                    if text.get("citations"):
                        return f"{path}.search_result.content.{inner}.citations: Extra inputs are not permitted"
    return None
