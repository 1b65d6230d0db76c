"""Small pieces that requests are put together from, and the picture and document that stand in for real ones."""

from __future__ import annotations

import base64
import struct
from typing import Any, TypeAlias

Body: TypeAlias = "dict[str, Any]"

OLD, OPUS = "claude-sonnet-4-5", "claude-opus-5-5"
HAIKU = "claude-haiku-4-5"
EPHEMERAL = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
TOOL: Body = {"name": "get_weather", "input_schema": {"type": "object"}}
OTHER_TOOL: Body = {"name": "get_time", "input_schema": {"type": "object"}}
CODE: Body = {"type": "code_execution_20250825", "name": "code_execution"}
SERVER: Body = {"type": "url", "name": "wiki", "url": "https://mcp.example.com"}
ONE_ID = "toolu_1"


def having(model: Any = OLD, **fields: Any) -> Body:
    """A valid request, with these members in it."""
    return {"model": model, "max_tokens": 16, "messages": [user("Hello")]} | fields


def lacking(name: str) -> Body:
    return {key: value for key, value in having().items() if key != name}


def user(*content: Any) -> Body:
    """A user's turn: of one text, or of blocks."""
    words: Any = content[0] if content and isinstance(content[0], str) else list(content)
    return {"role": "user", "content": words}


def assistant(*content: Any) -> Body:
    return user(*content) | {"role": "assistant"}


def system(*content: Any) -> Body:
    return user(*content) | {"role": "system"}


def saying(*messages: Body, **fields: Any) -> Body:
    return having(messages=list(messages), **fields)


def asking(*blocks: Any, **fields: Any) -> Body:
    """A request of one user's turn."""
    return saying(user(*blocks), **fields)


def text(words: Any = "Hello", **members: Any) -> Body:
    return {"type": "text", "text": words} | members


def call(tool_use_id: str = ONE_ID, **members: Any) -> Body:
    block: Body = {"type": "tool_use", "id": tool_use_id, "name": "get_weather", "input": {}}
    return block | members


def result(tool_use_id: str = ONE_ID, **members: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": tool_use_id, "content": "sunny"} | members


def offering(*tools: Body, **fields: Any) -> Body:
    return having(tools=list(tools), **fields)


def schema_tool(schema: Body, **members: Any) -> Body:
    tool: Body = {"name": "f", "input_schema": schema}
    return tool | members


def formatted(schema: Body, **fields: Any) -> Body:
    return having(output_config={"format": {"type": "json_schema", "schema": schema}}, **fields)


def thinking(kind: str, **members: Any) -> Body:
    return {"type": kind} | members


def enabled(budget: int = 1024) -> Body:
    return thinking("enabled", budget_tokens=budget)


def picture(width: int = 1, height: int = 1, *, media_type: str = "image/png", data: str | None = None) -> Body:
    changes: Body = {"media_type": media_type} | ({"data": data} if data is not None else {})
    source: Body = png_source(width, height) | changes
    return {"type": "image", "source": source}


def png_source(width: int, height: int) -> Body:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x06\0\0\0" + bytes(4)
    return {"type": "base64", "media_type": "image/png", "data": base64.b64encode(header).decode()}


def pdf(content: bytes = b"%PDF-1.4\n1 0 obj <</Type /Page>> endobj\n%%EOF", **members: Any) -> Body:
    source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(content).decode()}
    return {"type": "document", "source": source} | members


def paper(words: str = "Some text.", **members: Any) -> Body:
    source = {"type": "text", "media_type": "text/plain", "data": words}
    return {"type": "document", "source": source} | members
