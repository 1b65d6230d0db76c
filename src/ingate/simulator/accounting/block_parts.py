"""What a content block is made of, as far as it counts: numbers of tokens, and texts that are yet to be counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from ingate.simulator.accounting.media_tokens import count_image_tokens, count_pdf_tokens
from ingate.simulator.accounting.token_weights import TokenWeights
from ingate.simulator.json_value import JsonObject, get_objects, get_string, is_list, is_object

Part: TypeAlias = int | str

BLOCK_TOKENS = 12
DOCUMENT_TOKENS = 36
COMPACTION_TOKENS = 75
"""What tells the model that a summary stands for the conversation."""
ENCRYPTED_LENGTH_PER_TOKEN = 6
"""Base64 characters of encrypted text."""
_OPAQUE_FIELDS = frozenset({"signature", "encrypted_content", "encrypted_index", "cache_control"})


def get_block_parts(block: JsonObject, weights: TokenWeights) -> Iterator[Part]:
    match block.get("type"):
        case "text":
            yield get_string(block, "text")
        case "image":
            source = block.get("source")
            yield count_image_tokens(source if is_object(source) else {}, weights)
        case "document":
            yield DOCUMENT_TOKENS
            yield get_string(block, "title")
            yield get_string(block, "context")
            yield from get_source_parts(block.get("source"), weights)
        case "tool_result":
            yield BLOCK_TOKENS
            yield from get_content_parts(block.get("content"), weights)
        case "thinking" | "redacted_thinking":
            yield from get_thinking_parts(block)
        case "compaction":
            yield COMPACTION_TOKENS
            yield get_string(block, "content")
        case _:
            yield BLOCK_TOKENS
            yield render_json(remove_opaque(block))
            yield count_encrypted(block)


def get_content_parts(content: object, weights: TokenWeights) -> Iterator[Part]:
    if isinstance(content, str):
        yield content
    for block in get_objects(content):
        yield from get_block_parts(block, weights)


def get_source_parts(source: object, weights: TokenWeights) -> Iterator[Part]:
    """A document's text, or the pages of a PDF."""
    if not is_object(source):
        return
    if source.get("type") in ("text", "content"):
        yield get_string(source, "data")
        yield from get_content_parts(source.get("content"), weights)
    else:
        yield count_pdf_tokens(source)


def get_thinking_parts(block: JsonObject) -> Iterator[Part]:
    """What is not shown is in the signature, or in the data of a redacted block."""
    shown = get_string(block, "thinking")
    yield shown or len(get_string(block, "signature") + get_string(block, "data")) // ENCRYPTED_LENGTH_PER_TOKEN


def count_encrypted(value: object) -> int:
    """The pages that a web search found come back encrypted, and are read again."""
    if is_list(value):
        return sum(map(count_encrypted, value))
    if not is_object(value):
        return 0
    own = len(get_string(value, "encrypted_content")) // ENCRYPTED_LENGTH_PER_TOKEN
    return own + count_encrypted(value.get("content"))


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
