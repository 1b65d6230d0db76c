"""Token counts, estimated: Claude's tokenizer is not public.

Text is cut into pieces that are about as long as its tokens; that gives counts and, for `max_tokens`, places to
stop at. The constants were fitted to requests whose count the API had reported; docs/reference/simulator.md
gives the error that remains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

_PIECE = re.compile(
    r"[ A-Za-z][a-z]{1,9}"  # a word or a part of a long one; the commonest case comes first, for speed
    r"|[!-/:-@\[-`{-~]{1,3}"  # punctuation
    r"| [A-Z][a-z]{1,8}"
    r"| ?[A-Z]{1,3}"
    r"|[0-9]{1,3}"
    r"| [!-/:-@\[-`{-~]{1,3}"
    r"| ?[\u0080-\u052f]{1,3}"  # Latin with accents, Greek, Cyrillic
    r"|[ \t]{1,8}"
    r"|[\r\n]{1,4}"
    r"|.",  # an ideograph, a syllable, a symbol
    re.DOTALL,
)

EXACT_LENGTH = 32_768
"""Characters of a request that are counted one by one; a longer one is estimated from a sample of that size."""
_WINDOWS = 32
_WINDOW_LENGTH = EXACT_LENGTH // _WINDOWS

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


Part: TypeAlias = int | str
"""What a request is made of: a number of tokens, or a text whose tokens are to be counted."""


def split_tokens(text: str) -> list[str]:
    """Pieces that make up the whole text, each about one token."""
    return _PIECE.findall(text)


def count_text_tokens(text: str) -> int:
    """The number of pieces; for a long text an estimate from windows spread over it, so that time is bounded."""
    length = len(text)
    if length <= EXACT_LENGTH:
        return len(_PIECE.findall(text))
    step = length // _WINDOWS
    starts = range(0, step * _WINDOWS, step)
    counted = sum(len(_PIECE.findall(text, start, start + _WINDOW_LENGTH)) for start in starts)
    return counted * length // EXACT_LENGTH


def count_input_tokens(body: JsonObject) -> int:
    """What a request that passed validation costs. Leans to too many: clients compact too late otherwise."""
    parts = list(get_parts(body))
    texts = [part for part in parts if isinstance(part, str)]
    known = sum(part for part in parts if isinstance(part, int))
    if sum(map(len, texts)) > EXACT_LENGTH:
        return known + count_text_tokens("".join(texts))
    return known + sum(map(count_text_tokens, texts))


def get_parts(body: JsonObject) -> Iterator[Part]:
    yield CONVERSATION_TOKENS
    for message in get_objects(body["messages"]):
        yield MESSAGE_TOKENS
        yield from get_content_parts(message["content"])
    if body.get("system"):
        yield SYSTEM_TOKENS
        yield from get_content_parts(body["system"])
    thinking = body.get("thinking")
    if is_object(thinking):
        yield THINKING_TOKENS.get(get_string(thinking, "type"), 0)
    yield from get_format_parts(body)
    tools = get_objects(body.get("tools"))
    if tools:
        yield from get_tools_parts(tools, body.get("tool_choice"))


def get_content_parts(content: object) -> Iterator[Part]:
    if isinstance(content, str):
        yield content
    for block in get_objects(content):
        yield from get_block_parts(block)


def get_block_parts(block: JsonObject) -> Iterator[Part]:
    match block.get("type"):
        case "text":
            yield get_string(block, "text")
        case "image":
            yield IMAGE_TOKENS
        case "document":
            yield DOCUMENT_TOKENS
            yield from get_source_parts(block.get("source"))
        case "tool_result":
            yield BLOCK_TOKENS
            yield from get_content_parts(block.get("content"))
        case "thinking" | "redacted_thinking":
            yield get_string(block, "thinking")
        case _:
            yield BLOCK_TOKENS
            yield render_json(remove_opaque(block))


def get_source_parts(source: object) -> Iterator[Part]:
    """A document's text; of any other file, a guess from its length."""
    if not is_object(source):
        return
    data = get_string(source, "data")
    if source.get("type") in ("text", "content"):
        yield data
        yield from get_content_parts(source.get("content"))
    else:
        yield PAGE_TOKENS + len(data) // BASE64_PER_DOCUMENT_TOKEN


def get_format_parts(body: JsonObject) -> Iterator[Part]:
    config = body.get("output_config")
    answer_format = config.get("format") if is_object(config) else body.get("output_format")
    if answer_format:
        yield FORMAT_TOKENS
        yield render_json(answer_format)


def get_tools_parts(tools: Sequence[JsonObject], tool_choice: object) -> Iterator[Part]:
    """Tools whose loading is deferred cost nothing until they are found."""
    own = [tool for tool in tools if "input_schema" in tool]
    yield SERVER_TOOL_TOKENS * (len(tools) - len(own))
    if own:
        choice = get_string(tool_choice, "type") if is_object(tool_choice) else "auto"
        yield TOOLS_TOKENS.get(choice, TOOLS_TOKENS["auto"])
    for tool in own:
        if tool.get("defer_loading") is not True:
            yield render_json(tool)


def render_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def remove_opaque(block: JsonObject) -> JsonObject:
    """Drops what the model never reads, in a block and in the lists that it holds: signatures and the like."""
    return {
        name: [keep_readable(item) if is_object(item) else item for item in member] if is_list(member) else member
        for name, member in keep_readable(block).items()
    }


def keep_readable(members: JsonObject) -> JsonObject:
    return {name: member for name, member in members.items() if name not in _OPAQUE_FIELDS}
