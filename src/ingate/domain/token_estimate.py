"""Token estimates: what a request will probably cost, before its upstream says so; and what a broken answer did.

No tokenizer and no network: lengths and counts, weighted as real requests were (`python -m bench.estimator` prints
how far off they are). What is reserved by an estimate is replaced by the truth at settlement.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64

import msgspec

from ingate.wire.media_size import read_image_size

BYTES_PER_TOKEN = 4.5
"""Of text in a request: English prose has 4.2 to 4.7."""
BYTES_PER_FOREIGN_TOKEN = 2.5
"""Of UTF-8 beyond ASCII, where a character has two to four bytes."""
BYTES_PER_OUTPUT_TOKEN = 3.5
"""Of an answer's text, thinking and tool input together."""

PROMPT_TOKENS = 6
"""Every request's frame."""
ROLE_BYTES, BLOCK_BYTES = 13, 20
"""Of the JSON around a message and around a content block, what costs no tokens."""
TOOL_USE_TOKENS = 35
TOOLS_TOKENS = 480
"""For being told how to use tools, which the API adds to a request that has any."""
FORCED_TOOL_TOKENS = 110
THINKING_TOKENS = 25
SCHEMA_TOKENS_PER_BYTE = 0.5
"""Of an output format, which the API explains at length."""

SERVER_TOOL_TOKENS = {
    b'"web_search_': 1700,
    b'"web_fetch_': 2000,
    b'"code_execution_': 1750,
    b'"memory_': 1050,
    b'"advisor_': 500,
}
"""For the first inference. How often such a tool will be used, and what it finds, nobody knows beforehand."""
MCP_SERVER_TOKENS = 600

LINKED_MEDIA_TOKENS = 1000
IMAGE_TOKENS_LIMIT = 1600
PIXELS_PER_TOKEN = 750
"""https://platform.claude.com/docs/en/build-with-claude/vision: an image costs its pixels / 750; a large one is made
smaller first."""
DOCUMENT_TOKENS = 1500
"""At least a page: https://platform.claude.com/docs/en/build-with-claude/pdf-support."""
DOCUMENT_TOKENS_LIMIT = 200_000
DOCUMENT_BYTES_PER_TOKEN = 10

_END = 32 * 1024
_MEDIA_START = 64 * 1024
"""Base64 characters within which an image tells its size."""


class _Parts(msgspec.Struct):
    messages: msgspec.Raw = msgspec.Raw()
    system: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    tool_choice: msgspec.Raw = msgspec.Raw()
    thinking: msgspec.Raw = msgspec.Raw()
    mcp_servers: msgspec.Raw = msgspec.Raw()
    output_config: msgspec.Raw = msgspec.Raw()
    output_format: msgspec.Raw = msgspec.Raw()


LARGE_BODY = 256 * 1024
"""Beyond this, what stands around the text hardly counts, and a look at each part would cost more than it gains."""
SAMPLE_EVERY = 4096

_decode = msgspec.json.Decoder(_Parts).decode
_OPAQUE = re.compile(rb"[A-Za-z0-9+/=_\\-]{24,}")
_SAMPLE = re.compile(rb"[A-Za-z0-9+/=_\\-]{64}")
_LINE = re.compile(rb"\n\s*+")
_LINKED = re.compile(rb'"type"\s*+:\s*+"url"')
_FORCED = re.compile(rb'"(?:any|tool)"')


def estimate_output_tokens(content_bytes: int) -> int:
    """Of content that was relayed, as bytes of JSON strings."""
    return int(-(-content_bytes // BYTES_PER_OUTPUT_TOKEN))


def estimate_input_tokens(body: bytes) -> int:
    """Of a request's body, at least 1. What its cache will hold is not known, and so counts."""
    if len(body) > LARGE_BODY and not _holds_media(body):
        return int(_estimate_text(body))
    try:
        parts = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return int(len(body) / BYTES_PER_TOKEN) + 1
    tokens = PROMPT_TOKENS + _estimate_messages(bytes(parts.messages))
    if parts.system:
        tokens += _estimate_text(bytes(parts.system))
    if parts.tools:
        tokens += _estimate_tools(bytes(parts.tools), bytes(parts.tool_choice))
    if parts.thinking and b'"disabled"' not in bytes(parts.thinking):
        tokens += THINKING_TOKENS
    if parts.mcp_servers:
        tokens += MCP_SERVER_TOKENS * bytes(parts.mcp_servers).count(b'"url"')
    if parts.output_config or parts.output_format:
        tokens += _estimate_format(bytes(parts.output_config) or bytes(parts.output_format))
    return max(1, int(tokens))


def _holds_media(body: bytes) -> bool:
    """Whether a stretch of base64 is found where one looks: a medium is longer than the steps between."""
    return any(_SAMPLE.match(body, position) for position in range(0, len(body), SAMPLE_EVERY))


def _estimate_messages(messages: bytes) -> float:
    """Of long ones the structure is counted at both ends and taken to be the same in between."""
    ends = messages if len(messages) <= 2 * _END else messages[:_END] + messages[-_END:]
    opaque, tokens = 0, 0.0
    for key, place in ((b'"data"', messages), (b'"signature"', ends)):
        if key in place:
            length, cost = _weigh_opaque(messages, key)
            opaque += length
            tokens += cost
    scale = max(1.0, (len(messages) - opaque) / (len(ends) + 1))
    blocks = ends.count(b'"type"')
    if blocks:
        structure = TOOL_USE_TOKENS * ends.count(b'"tool_use"')
        if b'"url"' in ends:
            structure += LINKED_MEDIA_TOKENS * len(_LINKED.findall(ends))
        tokens += structure * scale
    frame = ROLE_BYTES * ends.count(b'"role"') + BLOCK_BYTES * blocks
    return tokens + max(0.0, _estimate_text(messages) - (opaque + frame * scale) / BYTES_PER_TOKEN)


def _estimate_text(text: bytes) -> float:
    length = len(text)
    if b"\n" in text:  # never inside a JSON string: it is indented
        length = len(_LINE.sub(b"", text))
    if text.isascii():
        return length / BYTES_PER_TOKEN
    foreign = len(text.translate(None, _ASCII))
    return (length - foreign) / BYTES_PER_TOKEN + foreign / BYTES_PER_FOREIGN_TOKEN


def _estimate_tools(tools: bytes, choice: bytes) -> float:
    if len(tools) <= 2:
        return 0
    tokens = TOOLS_TOKENS + _estimate_text(tools)
    if _FORCED.search(choice):
        tokens += FORCED_TOOL_TOKENS
    for name, own_tokens in SERVER_TOOL_TOKENS.items():
        if name in tools:
            tokens += own_tokens * tools.count(name)
    return tokens


def _estimate_format(format_: bytes) -> float:
    schema = format_.find(b'"schema"')
    return (len(format_) - schema) * SCHEMA_TOKENS_PER_BYTE if schema >= 0 else 0


def _weigh_opaque(messages: bytes, key: bytes) -> tuple[int, float]:
    """The bytes of media or signatures, which cost by what they are and not by their length, and what they cost."""
    length, tokens = 0, 0.0
    position = messages.find(key)
    while position >= 0:
        start = messages.find(b'"', position + len(key)) + 1
        end = messages.find(b'"', start)
        if start == 0 or end < 0:
            break
        if _OPAQUE.match(messages, start, min(end, start + 64)):
            length += end - start
            tokens += _estimate_media(messages, start, end)
        position = messages.find(key, end)
    return length, tokens


def _estimate_media(messages: bytes, start: int, end: int) -> float:
    """Signatures and redacted thinking cost nothing; an image of unknown size, or of an unknown kind, the most."""
    stop = start + min(end - start, _MEDIA_START) // 4 * 4
    try:
        first = a2b_base64(messages[start:stop].replace(b"\\/", b"/"))
    except Error:
        return 0
    if first.startswith(b"%PDF"):
        tokens = (end - start) * 3 / 4 / DOCUMENT_BYTES_PER_TOKEN
        return min(max(tokens, DOCUMENT_TOKENS), DOCUMENT_TOKENS_LIMIT)
    if not first.startswith((b"\x89PNG", b"GIF8", b"RIFF", b"\xff\xd8")):
        return 0
    size = read_image_size(first)
    return IMAGE_TOKENS_LIMIT if size is None else min(size[0] * size[1] / PIXELS_PER_TOKEN, IMAGE_TOKENS_LIMIT)


_ASCII = bytes(range(128))
