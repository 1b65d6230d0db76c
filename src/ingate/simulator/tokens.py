"""Token counts, estimated: Claude's tokenizer is not public.

Text is cut into pieces that are about as long as its tokens; that gives counts and, for `max_tokens`, places to
stop at. The constants were fitted to requests whose count the API had reported; docs/reference/simulator.md
gives the error that remains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

_PIECE = re.compile(
    r" ?(?:[A-Z]?[a-z]{1,9}|[A-Z]{1,3})"  # a word, or a part of a long or capital one
    r"|\d{1,3}"
    r"| ?[!-/:-@\[-`{-~]{1,3}"  # punctuation
    r"|[ \t]{1,8}"
    r"|[\r\n]{1,4}"
    r"| ?[\u0080-\u052f]{1,3}"  # Latin with accents, Greek, Cyrillic
    r"|[^\x00-\x7f]"  # an ideograph, a syllable, a symbol
    r"|.",
    re.DOTALL,
)

_EXACT_LENGTH = 16_384
_WINDOWS = 16
_WINDOW_LENGTH = _EXACT_LENGTH // _WINDOWS

MESSAGE_TOKENS = 4
CONVERSATION_TOKENS = 3
SYSTEM_TOKENS = 3
THINKING_TOKENS = {"enabled": 29, "adaptive": 17}
TOOLS_TOKENS = {"auto": 505, "any": 603, "tool": 603, "none": 505}
"""The instructions that come with any tools, by tool_choice."""
SERVER_TOOL_TOKENS = 1_500
FORMAT_TOKENS = 170
"""The instructions that come with a schema for the answer, beside the schema itself."""
BLOCK_TOKENS = 12
DOCUMENT_TOKENS = 36
IMAGE_TOKENS = 1_568
"""An image at the size that Claude scales large ones down to."""
PAGE_TOKENS = 1_600
BASE64_PER_DOCUMENT_TOKEN = 40
_OPAQUE_FIELDS = frozenset({"signature", "encrypted_content", "encrypted_index", "cache_control"})


def split_tokens(text: str) -> list[str]:
    """Pieces that make up the whole text, each about one token."""
    return _PIECE.findall(text)


def count_text_tokens(text: str) -> int:
    """The number of pieces; for a long text an estimate from windows spread over it, so that time is bounded."""
    length = len(text)
    if length <= _EXACT_LENGTH:
        return len(_PIECE.findall(text))
    step = length // _WINDOWS
    counted = sum(
        len(_PIECE.findall(text, start, start + _WINDOW_LENGTH)) for start in range(0, step * _WINDOWS, step)
    )
    return counted * length // _EXACT_LENGTH


def count_input_tokens(body: JsonObject) -> int:
    """What a request that passed validation costs. Leans to too many: clients compact too late otherwise."""
    total = CONVERSATION_TOKENS + sum(map(count_message_tokens, get_objects(body["messages"])))
    if body.get("system"):
        total += SYSTEM_TOKENS + count_content_tokens(body["system"])
    thinking = body.get("thinking")
    if is_object(thinking):
        total += THINKING_TOKENS.get(get_string(thinking, "type"), 0)
    total += count_format_tokens(body)
    tools = get_objects(body.get("tools"))
    return total + count_tools_tokens(tools, body.get("tool_choice")) if tools else total


def count_format_tokens(body: JsonObject) -> int:
    config = body.get("output_config")
    answer_format = config.get("format") if is_object(config) else body.get("output_format")
    return FORMAT_TOKENS + count_json_tokens(answer_format) if answer_format else 0


def count_message_tokens(message: JsonObject) -> int:
    return MESSAGE_TOKENS + count_content_tokens(message["content"])


def count_content_tokens(content: object) -> int:
    if isinstance(content, str):
        return count_text_tokens(content)
    return sum(map(count_block_tokens, get_objects(content)))


def count_block_tokens(block: JsonObject) -> int:
    match block.get("type"):
        case "text":
            return count_text_tokens(get_string(block, "text"))
        case "image":
            return IMAGE_TOKENS
        case "document":
            return DOCUMENT_TOKENS + count_document_tokens(block)
        case "tool_result":
            return BLOCK_TOKENS + count_content_tokens(block.get("content"))
        case "thinking" | "redacted_thinking":
            return count_text_tokens(get_string(block, "thinking"))
        case _:
            return BLOCK_TOKENS + count_json_tokens(block)


def count_document_tokens(document: JsonObject) -> int:
    source = document.get("source")
    if not is_object(source):
        return 0
    data = get_string(source, "data")
    if source.get("type") in ("text", "content"):
        return count_text_tokens(data) + count_content_tokens(source.get("content"))
    return PAGE_TOKENS + len(data) // BASE64_PER_DOCUMENT_TOKEN


def count_tools_tokens(tools: Sequence[JsonObject], tool_choice: object) -> int:
    choice = get_string(tool_choice, "type") if is_object(tool_choice) else "auto"
    own = [tool for tool in tools if "input_schema" in tool]
    total = sum(count_json_tokens(tool) for tool in own if tool.get("defer_loading") is not True)
    total += SERVER_TOOL_TOKENS * (len(tools) - len(own))
    return total + TOOLS_TOKENS.get(choice, TOOLS_TOKENS["auto"]) if own else total


def count_json_tokens(value: object) -> int:
    return count_text_tokens(msgspec.json.encode(remove_opaque(value)).decode())


def remove_opaque(value: object) -> object:
    """Drops what the model never reads: signatures and the like."""
    if is_object(value):
        return {name: member for name, member in value.items() if name not in _OPAQUE_FIELDS}
    if is_list(value):
        return [remove_opaque(item) for item in value]
    return value
