"""What a model can be asked, one request for each way that its stream can look: the rows of the stream matrix."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

VERSIONS = ("2023-06-01", "2026-10-21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A deployment of its own name, with the catalog's default version."""

    name: str
    hosting: Literal["anthropic", "azure"]
    can: frozenset[str]
    """`enabled`, `adaptive`: kinds of thinking. `forced tools`: `tool_choice` any and tool. `plain`: it does not
    think unless asked to, and so begins with its answer."""


MODELS = (
    Model(name="claude-haiku-4-5", hosting="azure", can=frozenset({"enabled", "forced tools", "plain"})),
    Model(name="claude-opus-4-5", hosting="anthropic", can=frozenset({"enabled", "forced tools", "plain"})),
    Model(
        name="claude-opus-4-6", hosting="anthropic", can=frozenset({"enabled", "adaptive", "forced tools", "plain"})
    ),
    Model(name="claude-sonnet-5", hosting="azure", can=frozenset({"adaptive", "forced tools"})),
    Model(name="claude-fable-5-1", hosting="anthropic", can=frozenset({"adaptive"})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A request without its model, and what the answer to it must hold."""

    name: str
    body: Mapping[str, Any]
    blocks: frozenset[str]
    """Types of blocks that must be in the answer."""
    stop_reason: str = "end_turn"
    needs: frozenset[str] = frozenset()
    """Of `Model.can`."""
    hosting: Literal["anthropic"] | None = None
    """None: either."""
    betas: tuple[str, ...] = ()
    shows: Callable[[dict[str, Any]], object] = bool
    """True of the whole message when the feature is really in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    feature: Feature
    model: Model
    version: str

    @property
    def name(self) -> str:
        return f"{self.feature.name}-{self.model.name}-{self.version}"

    @property
    def body(self) -> dict[str, Any]:
        return {"model": self.model.name, "max_tokens": 4096, **self.feature.body}


def ask(content: str | Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **more}


def _draw_png(width: int, height: int) -> str:
    """A grey picture, as base64."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(height))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def _write_pdf() -> str:
    """One empty page, as base64."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    body, offsets = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%bendobj\n" % (number, content)
    table = b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return base64.b64encode(body + table + trailer).decode()


WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            "days": {"type": "integer", "minimum": 1, "maximum": 14},
        },
        "required": ["city", "unit"],
    },
}
CLOCK: dict[str, Any] = {
    "name": "get_time",
    "description": "The time now",
    "input_schema": {"type": "object", "properties": {}},
}
BOTH = "Call get_weather for Paris, and get_time."
CITY = "What is the weather in Paris?"
PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "home": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "age", "tags", "home"],
    "additionalProperties": False,
}
DOCUMENT: dict[str, Any] = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Grass is green. The sky is blue. Snow is white."},
    "title": "Colours",
    "citations": {"enabled": True},
}
SEARCH_RESULT: dict[str, Any] = {
    "type": "search_result",
    "source": "https://example.com/colours",
    "title": "Colours",
    "content": [{"type": "text", "text": "Grass is green."}, {"type": "text", "text": "The sky is blue."}],
    "citations": {"enabled": True},
}
LONG = "Rule: be brief and say what you know. " * 1200
TOOL_TURNS: list[dict[str, Any]] = [
    {"role": "user", "content": CITY},
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "toolu_01A", "name": "get_weather", "input": {"city": "Paris"}}],
    },
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "toolu_01A", "content": "18 degrees, dry"}],
    },
]


def join(message: dict[str, Any], member: str) -> str:
    """That member of all blocks that have it."""
    return "".join(block.get(member, "") for block in message["content"])


def list_tools(message: dict[str, Any]) -> list[str]:
    return [block["name"] for block in message["content"] if block["type"] == "tool_use"]


def list_citation_types(message: dict[str, Any]) -> set[str]:
    return {citation["type"] for block in message["content"] for citation in block.get("citations") or ()}


def is_signed(message: dict[str, Any]) -> bool:
    return all(block["signature"] for block in message["content"] if block["type"] == "thinking")


TEXT, TOOL, THINKING = frozenset({"text"}), frozenset({"tool_use"}), frozenset({"thinking"})

FEATURES = (
    Feature(name="text", body=ask("Hello!"), blocks=TEXT),
    Feature(
        name="text-of-every-script",
        body=ask('Repeat: 漢字 🙂 عربي é \u2028 \\ " </s>'),
        blocks=TEXT,
        shows=lambda message: '漢字 🙂 عربي é \u2028 \\ " </s>' in join(message, "text"),
    ),
    Feature(
        name="system-and-turns",
        body={
            "system": [{"type": "text", "text": "You are terse."}],
            "messages": [
                {"role": "user", "content": "Hello!"},
                {"role": "assistant", "content": "Hello."},
                {"role": "user", "content": "And now?"},
            ],
        },
        blocks=TEXT,
    ),
    Feature(
        name="max-tokens",
        body=ask("Hello!", max_tokens=3),
        blocks=frozenset(),
        stop_reason="max_tokens",
        needs=frozenset({"plain"}),
        shows=lambda message: message["usage"]["output_tokens"] == 3,
    ),
    Feature(
        name="stop-sequence",
        body=ask("Repeat: one two three", stop_sequences=["two"]),
        blocks=TEXT,
        stop_reason="stop_sequence",
        shows=lambda message: message["stop_sequence"] == "two" and "two" not in join(message, "text"),
    ),
    Feature(name="tool", body=ask(CITY, tools=[WEATHER]), blocks=TOOL, stop_reason="tool_use"),
    Feature(
        name="tool-without-input",
        body=ask("What time is it?", tools=[CLOCK]),
        blocks=TOOL,
        stop_reason="tool_use",
        shows=lambda message: message["content"][-1]["input"] == {},
    ),
    Feature(
        name="any-tool",
        body=ask(CITY, tools=[WEATHER, CLOCK], tool_choice={"type": "any"}),
        blocks=TOOL,
        stop_reason="tool_use",
        needs=frozenset({"forced tools"}),
        shows=lambda message: list_tools(message) == ["get_weather"],
    ),
    Feature(
        name="tools-in-parallel",
        body=ask(BOTH, tools=[WEATHER, CLOCK]),
        blocks=TOOL,
        stop_reason="tool_use",
        shows=lambda message: sorted(list_tools(message)) == ["get_time", "get_weather"],
    ),
    Feature(
        name="one-tool-at-a-time",
        body=ask(BOTH, tools=[WEATHER, CLOCK], tool_choice={"type": "auto", "disable_parallel_tool_use": True}),
        blocks=TOOL,
        stop_reason="tool_use",
        shows=lambda message: len(list_tools(message)) == 1,
    ),
    Feature(
        name="no-tool",
        body=ask(CITY, tools=[WEATHER], tool_choice={"type": "none"}),
        blocks=TEXT,
        shows=lambda message: not list_tools(message),
    ),
    Feature(name="tool-result", body={"messages": TOOL_TURNS, "tools": [WEATHER]}, blocks=TEXT),
    Feature(
        name="structured-output",
        body=ask("A person", output_config={"format": {"type": "json_schema", "schema": PERSON}}),
        blocks=TEXT,
        shows=lambda message: set(json.loads(join(message, "text"))) == set(PERSON["required"]),
    ),
    Feature(
        name="thinking",
        body=ask("Why?", thinking={"type": "enabled", "budget_tokens": 1024}),
        blocks=THINKING | TEXT,
        needs=frozenset({"enabled"}),
        shows=lambda message: join(message, "thinking") and is_signed(message),
    ),
    Feature(
        name="thinking-omitted",
        body=ask("Why?", thinking={"type": "enabled", "budget_tokens": 1024, "display": "omitted"}),
        blocks=THINKING | TEXT,
        needs=frozenset({"enabled"}),
        shows=lambda message: not join(message, "thinking") and is_signed(message),
    ),
    Feature(
        name="thinking-and-tool",
        body=ask(CITY, tools=[WEATHER], thinking={"type": "enabled", "budget_tokens": 1024}),
        blocks=THINKING | TOOL,
        stop_reason="tool_use",
        needs=frozenset({"enabled"}),
        shows=is_signed,
    ),
    Feature(
        name="adaptive-thinking",
        body=ask("Why?", thinking={"type": "adaptive", "display": "summarized"}, output_config={"effort": "high"}),
        blocks=THINKING | TEXT,
        needs=frozenset({"adaptive"}),
        shows=lambda message: join(message, "thinking") and is_signed(message),
    ),
    Feature(
        name="adaptive-thinking-and-tool",
        body=ask(CITY, tools=[WEATHER], thinking={"type": "adaptive"}),
        blocks=THINKING | TOOL,
        stop_reason="tool_use",
        needs=frozenset({"adaptive"}),
        shows=is_signed,
    ),
    Feature(
        name="citations",
        body=ask([DOCUMENT, {"type": "text", "text": "What colour is grass?"}]),
        blocks=TEXT,
        shows=lambda message: list_citation_types(message) == {"char_location"},
    ),
    Feature(
        name="search-results",
        body=ask([SEARCH_RESULT, {"type": "text", "text": "What colour is grass?"}]),
        blocks=TEXT,
        shows=lambda message: list_citation_types(message) == {"search_result_location"},
    ),
    Feature(
        name="image",
        body=ask(
            [
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": _draw_png(64, 48)},
                },
                {"type": "text", "text": "What is this?"},
            ]
        ),
        blocks=TEXT,
    ),
    Feature(
        name="pdf",
        body=ask(
            [
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/pdf", "data": _write_pdf()},
                },
                {"type": "text", "text": "What is this?"},
            ]
        ),
        blocks=TEXT,
    ),
    Feature(
        name="prompt-caching",
        body=ask(
            "Hello!", system=[{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
        ),
        blocks=TEXT,
        shows=lambda message: (
            sum(message["usage"][name] for name in ("cache_creation_input_tokens", "cache_read_input_tokens")) > 8000
        ),
    ),
    Feature(
        name="web-search",
        body=ask(
            "Search the web for the news about bridges.",
            tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 2}],
        ),
        blocks=frozenset({"server_tool_use", "web_search_tool_result", "text"}),
        shows=lambda message: message["usage"]["server_tool_use"]["web_search_requests"] >= 1,
    ),
    Feature(
        name="web-fetch",
        body=ask(
            "Fetch https://example.com/page and say what it says.",
            tools=[{"type": "web_fetch_20250910", "name": "web_fetch"}],
        ),
        blocks=frozenset({"server_tool_use", "web_fetch_tool_result", "text"}),
        hosting="anthropic",
        betas=("web-fetch-2025-09-10",),
    ),
    Feature(
        name="code-execution",
        body=ask(
            "Run Python code that adds 2 and 2.",
            tools=[{"type": "code_execution_20250825", "name": "code_execution"}],
        ),
        blocks=frozenset({"server_tool_use", "text"}),
        hosting="anthropic",
        betas=("code-execution-2025-08-25",),
    ),
    Feature(
        name="mcp",
        body=ask(
            "Use the server's tools to look something up.",
            mcp_servers=[{"type": "url", "url": "https://mcp.example.com/sse", "name": "example"}],
            tools=[{"type": "mcp_toolset", "mcp_server_name": "example"}],
        ),
        blocks=frozenset({"mcp_tool_use", "mcp_tool_result", "text"}),
        betas=("mcp-client-2025-11-20",),
    ),
    Feature(
        name="context-editing",
        body={
            "messages": TOOL_TURNS,
            "tools": [WEATHER],
            "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        },
        blocks=TEXT,
        betas=("context-management-2025-06-27",),
    ),
)


def list_cases() -> list[Case]:
    """Every feature with every model that has it, in both versions of the API."""
    return [
        Case(feature=feature, model=model, version=version)
        for feature, model, version in product(FEATURES, MODELS, VERSIONS)
        if feature.needs <= model.can and feature.hosting in (None, model.hosting)
    ]
