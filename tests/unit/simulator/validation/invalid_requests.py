"""Requests that Claude refuses, each with the words: the table that the tests run through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tests.unit.simulator.validation.request_parts import (
    CODE,
    EPHEMERAL,
    HAIKU,
    HOUR,
    OPUS,
    OTHER_TOOL,
    SERVER,
    TOOL,
    Body,
    asking,
    assistant,
    call,
    enabled,
    formatted,
    having,
    lacking,
    offering,
    paper,
    pdf,
    picture,
    result,
    saying,
    schema_tool,
    system,
    text,
    thinking,
    user,
)

CONTEXT = "context-management-2025-06-27"
CONNECTOR = "mcp-client-2025-11-20"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRequest:
    name: str
    body: Body
    message: str
    status: int = 400
    error_type: str = "invalid_request_error"
    version: str = "2023-06-01"
    betas: tuple[str, ...] = ()
    hosting: Literal["anthropic", "azure"] = "anthropic"
    path: str = "/v1/messages"


def refused(name: str, body: Body, message: str, **how: Any) -> InvalidRequest:
    return InvalidRequest(name=name, body=body, message=message, **how)


def expected(tags: str) -> str:
    return "does not match any of the expected tags: " + ", ".join(f"'{tag}'" for tag in tags.split())


OBJECT: Body = {"type": "object", "additionalProperties": False}
BLOCKS = (
    "bash_code_execution_tool_result code_execution_tool_result container_upload document image redacted_thinking "
    "search_result server_tool_use text text_editor_code_execution_tool_result thinking tool_result "
    "tool_search_tool_result tool_use web_fetch_tool_result web_search_tool_result"
)
UNKNOWN_ROLE = 'messages: Unexpected role "robot". Allowed roles are "user" or "assistant"'
DIRECTIVE = "; the directive-only form (content: [] with output_config) is accepted at any position"
MISSING = (
    "messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}. "
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
)
UNEXPECTED = (
    "messages.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. "
    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
)
NO_PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."
DRAFT = (
    "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
    "(https://json-schema.org/draft/2020-12). "
    "Learn more about tool use at https://docs.claude.com/en/docs/tool-use."
)
USE_ADAPTIVE = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
BUDGET = (
    "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"
)
ORDER = (
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
    "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
)
CLOSED = "For 'object' type, 'additionalProperties' must be explicitly set to false"
IMAGE = "messages.0.content.0.image.source"
PDF = "messages.0.content.0.pdf.source.base64.data"
CONTAINER = "container: Container identifier can only be provided when using the code execution tool"

MEMBERS: Sequence[InvalidRequest] = (
    refused("no model", lacking("model"), "model: Field required"),
    refused("a model that is a number", having(model=4), "model: Input should be a valid string"),
    refused("a model that is null", having() | {"model": None}, "model: Input should be a valid string"),
    refused("an empty model", having(""), "model: String should have at least 1 character"),
    refused("a model that is none", having("gpt-4"), "model: gpt-4", status=404, error_type="not_found_error"),
    refused("no max_tokens", lacking("max_tokens"), "max_tokens: Field required"),
    refused("max_tokens in words", having(max_tokens="16"), "max_tokens: Input should be a valid integer"),
    refused("max_tokens that is true", having(max_tokens=True), "max_tokens: Input should be a valid integer"),
    refused("half a token", having(max_tokens=1.5), "max_tokens: Input should be a valid integer"),
    refused("max_tokens null", having(max_tokens=None), "max_tokens: Input should be a valid integer"),
    refused("negative max_tokens", having(max_tokens=-1), "max_tokens: must be greater than or equal to 0"),
    refused("no messages", lacking("messages"), "messages: Field required"),
    refused("messages null", having(messages=None), "messages: Input should be a valid array"),
    refused("messages that are a text", having(messages="Hello"), "messages: Input should be a valid array"),
    refused("empty messages", having(messages=[]), "messages: at least one message is required"),
    refused("a message that is a text", having(messages=["Hello"]), "messages.0: Input should be an object"),
    refused("a message of nobody's", saying({"content": "Hello"}), "messages.0.role: Field required"),
    refused("a robot's message", saying(user("a"), {"role": "robot", "content": "x"}), UNKNOWN_ROLE),
    refused("a message without content", saying({"role": "user"}), "messages.0.content: Field required"),
    refused(
        "content null", saying({"role": "user", "content": None}), "messages.0.content: Input should be a valid array"
    ),
    refused(
        "content that is a number",
        saying({"role": "user", "content": 7}),
        "messages.0.content: Input should be a valid array",
    ),
    refused(
        "content that is an object",
        saying({"role": "user", "content": {}}),
        "messages.0.content: Input should be a valid array",
    ),
    refused(
        "a message with more", saying(user("a") | {"name": "Bob"}), "messages.0.name: Extra inputs are not permitted"
    ),
    refused("an unknown member", having(zzz=1), "zzz: Extra inputs are not permitted"),
    refused("OpenAI's member", having(stream_options={}), "stream_options: Extra inputs are not permitted"),
    refused("a member that is null", having(zzz=None), "zzz: Extra inputs are not permitted"),
    refused("system that is a number", having(system=7), "system: Input should be a valid array"),
    refused("system null", having(system=None), "system: Input should be a valid array"),
    refused(
        "a system block that is a number", having(system=[7]), "system.0: Input does not match the expected shape."
    ),
    refused("a system block of no kind", having(system=[{"text": "a"}]), "system.0.type: Field required"),
    refused(
        "a system image", having(system=[{"type": "image", "text": "a"}]), "system.0.type: Input should be 'text'"
    ),
    refused("a system block without text", having(system=[{"type": "text"}]), "system.0.text: Field required"),
    refused("thinking in words", having(thinking="x"), "thinking: Input should be an object"),
    refused("thinking null", having(thinking=None), "thinking: Input should be an object"),
    refused("thinking of no kind", having(thinking={}), "thinking.type: Field required"),
    refused(
        "thinking of an unknown kind",
        having(thinking=thinking("deep")),
        "thinking: Input tag 'deep' found using 'type' " + expected("adaptive between_tools disabled enabled"),
    ),
    refused(
        "thinking without a budget",
        having(thinking=thinking("enabled")),
        "thinking.enabled.budget_tokens: Field required",
    ),
    refused(
        "too small a budget",
        having(thinking=enabled(1023)),
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    refused(
        "a budget in words",
        having(thinking=thinking("enabled", budget_tokens="1024")),
        "thinking.enabled.budget_tokens: Input should be a valid integer",
    ),
    refused(
        "adaptive thinking with a budget",
        having(OPUS, thinking=thinking("adaptive", budget_tokens=1024)),
        "thinking.adaptive.budget_tokens: Extra inputs are not permitted",
    ),
    refused(
        "a display that is none",
        having(OPUS, thinking=thinking("adaptive", display="all")),
        "thinking.adaptive.display: Input should be 'omitted', 'summarized' or 'updates'",
    ),
    refused(
        "output_config in words", having(output_config="x"), "output_config: Input does not match the expected shape."
    ),
    refused(
        "output_config null", having(output_config=None), "output_config: Input does not match the expected shape."
    ),
    refused(
        "an unknown effort",
        having(OPUS, output_config={"effort": "huge"}),
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ),
    refused(
        "a format without a schema",
        having(output_config={"format": {"type": "json_schema"}}),
        "output_config.format.schema: Field required",
    ),
    refused(
        "a format that is none",
        having(output_config={"format": {"type": "json", "schema": {}}}),
        "output_config.format.type: Input should be 'json_schema'",
    ),
    refused("cache_control in words", having(cache_control="x"), "cache_control: Input should be an object"),
    refused("cache_control of no kind", having(cache_control={}), "cache_control.type: Field required"),
    refused(
        "lasting cache_control",
        having(cache_control={"type": "forever"}),
        "cache_control: Input tag 'forever' found using 'type' " + expected("ephemeral"),
    ),
    refused(
        "two hours of cache",
        having(cache_control=EPHEMERAL | {"ttl": "2h"}),
        "cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
    ),
    refused(
        "a scope of cache",
        having(system=[text(cache_control=EPHEMERAL | {"scope": "global"})]),
        "system.0.cache_control.ephemeral.scope: Extra inputs are not permitted",
    ),
    refused("metadata in words", having(metadata="x"), "metadata: Input does not match the expected shape."),
    refused("unknown metadata", having(metadata={"a": 1}), "metadata.a: Extra inputs are not permitted"),
    refused(
        "a user id that is a number",
        having(metadata={"user_id": 7}),
        "metadata.user_id: Input should be a valid string",
    ),
    refused(
        "a long user id",
        having(metadata={"user_id": "x" * 257}),
        "metadata.user_id: String should have at most 256 characters",
    ),
    refused(
        "a user id that is an address",
        having(metadata={"user_id": "ann@example.com"}),
        "metadata.user_id: user_id appears to contain an email address",
    ),
    refused("stop_sequences in words", having(stop_sequences="END"), "stop_sequences: Input should be a valid array"),
    refused(
        "a stop sequence that is a number",
        having(stop_sequences=[7]),
        "stop_sequences.0: Input should be a valid string",
    ),
    refused(
        "a blank stop sequence",
        having(stop_sequences=["a", " "]),
        "stop_sequences: each stop sequence must contain non-whitespace",
    ),
    refused("temperature in words", having(temperature="x"), "temperature: Input should be a valid number"),
    refused("temperature null", having(temperature=None), "temperature: Input should be a valid number"),
    refused("too hot", having(temperature=2), "temperature: range: 0..1"),
    refused("too cold", having(temperature=-0.1), "temperature: range: 0..1"),
    refused("top_p out of bounds", having(top_p=1.5), "top_p: range: 0..1"),
    refused("half a top_k", having(top_k=0.5), "top_k: Input should be a valid integer"),
    refused("a negative top_k", having(top_k=-1), "top_k: Input should be greater than or equal to 0"),
    refused(
        "an unknown tier", having(service_tier="gold"), "service_tier: Input should be 'auto' or 'standard_only'"
    ),
    refused("stream in words", having(stream="yes"), "stream: Input should be a valid boolean"),
    refused("stream null", having(stream=None), "stream: Input should be a valid boolean"),
    refused(
        "a container that is a number",
        having(container=7),
        "container.ContainerParams: Input does not match the expected shape.",
    ),
    refused("a geography that is a number", having(inference_geo=7), "inference_geo: Input should be a valid string"),
    refused("an unknown speed", having(speed="warp"), "speed: Input should be 'fast' or 'standard'"),
)

REPORTED_FIRST: Sequence[InvalidRequest] = (
    refused(
        "the model before the choice of a tool", having(4, tool_choice=7), "model: Input should be a valid string"
    ),
    refused(
        "the choice before the tools", having(tools="x", tool_choice=7), "tool_choice: Input should be an object"
    ),
    refused("tools before messages", having(messages="x", tools="x"), "tools: Input should be a valid array"),
    refused("messages before system", having(system=7, messages="x"), "messages: Input should be a valid array"),
    refused(
        "max_tokens before metadata",
        having(metadata="x", max_tokens="x"),
        "max_tokens: Input should be a valid integer",
    ),
    refused(
        "service_tier before top_k",
        having(top_k="x", service_tier=7),
        "service_tier: Input should be 'auto' or 'standard_only'",
    ),
    refused("what is known before what is not", having(zzz=1, stream=7), "stream: Input should be a valid boolean"),
    refused("what is unknown before an empty turn", asking(zzz=1), "zzz: Extra inputs are not permitted"),
    refused(
        "an empty turn before a container",
        asking(container="c"),
        "messages.0: user messages must have non-empty content",
    ),
)

BLOCK_SHAPES: Sequence[InvalidRequest] = (
    refused("a block that is a number", asking(7), "messages.0.content.0: Input should be an object"),
    refused("a block of no kind", asking({"text": "a"}), "messages.0.content.0.type: Field required"),
    refused(
        "a block of OpenAI's",
        asking({"type": "image_url"}),
        "messages.0.content.0: Input tag 'image_url' found using 'type' " + expected(BLOCKS),
    ),
    refused(
        "a block whose kind is a number",
        asking({"type": 3}),
        "messages.0.content.0: Input tag '3' found using 'type' " + expected(BLOCKS),
    ),
    refused("a text without text", asking({"type": "text"}), "messages.0.content.0.text.text: Field required"),
    refused(
        "a text that is a number", asking(text(3)), "messages.0.content.0.text.text: Input should be a valid string"
    ),
    refused(
        "a text with more", asking(text(parsed=1)), "messages.0.content.0.text.parsed: Extra inputs are not permitted"
    ),
    refused(
        "a citation without a place",
        asking(text(citations=[{"type": "char_location"}])),
        "messages.0.content.0.text.citations.0.char_location.cited_text: Field required",
    ),
    refused("an image of nothing", asking({"type": "image"}), "messages.0.content.0.image.source: Field required"),
    refused(
        "an image of no kind",
        asking({"type": "image", "source": {}}),
        "messages.0.content.0.image.source.type: Field required",
    ),
    refused(
        "a bitmap",
        asking(picture(media_type="image/bmp")),
        f"{IMAGE}.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
    ),
    refused(
        "an image without data",
        asking({"type": "image", "source": {"type": "base64", "media_type": "image/png"}}),
        f"{IMAGE}.base64.data: Field required",
    ),
    refused(
        "a document that is no PDF",
        asking({"type": "document", "source": {"type": "base64", "media_type": "text/html", "data": "QUJD"}}),
        "messages.0.content.0.document.source.base64.media_type: Input should be 'application/pdf'",
    ),
    refused(
        "a document without a name",
        asking(paper(title="")),
        "messages.0.content.0.document.title: String should have at least 1 character",
    ),
    refused(
        "a call without an id",
        saying(user("a"), assistant({"type": "tool_use", "name": "f", "input": {}})),
        "messages.1.content.0.tool_use.id: Field required",
    ),
    refused(
        "a call with a strange id",
        saying(user("a"), assistant(call("a b"))),
        "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ),
    refused(
        "a call of a text",
        saying(user("a"), assistant(call(input="{}"))),
        "messages.1.content.0.tool_use.input: Input should be an object",
    ),
    refused(
        "a call of nothing",
        saying(user("a"), assistant(call(input=None))),
        "messages.1.content.0.tool_use.input: Input should be an object",
    ),
    refused(
        "a call of a long name",
        saying(user("a"), assistant(call(name="n" * 201))),
        "messages.1.content.0.tool_use.name: String should have at most 200 characters",
    ),
    refused(
        "a result of nothing",
        asking({"type": "tool_result"}),
        "messages.0.content.0.tool_result.tool_use_id: Field required",
    ),
    refused(
        "a result with a video",
        saying(user("a"), assistant(call()), user(result(content=[{"type": "video"}]))),
        "messages.2.content.0.tool_result.content.0: Input tag 'video' found using 'type' "
        + expected("browser_state document image search_result text tool_reference"),
    ),
    refused(
        "a result with an empty block",
        saying(user("a"), assistant(call()), user(result(content=[{"type": "text"}]))),
        "messages.2.content.0.tool_result.content.0.text.text: Field required",
    ),
    refused(
        "a result that may be wrong",
        asking(result(is_error="maybe")),
        "messages.0.content.0.tool_result.is_error: Input should be a valid boolean",
    ),
    refused(
        "thinking without a signature",
        saying(user("a"), assistant({"type": "thinking", "thinking": "..."})),
        "messages.1.content.0.thinking.signature: Field required",
    ),
    refused(
        "cached thinking",
        saying(
            user("a"),
            assistant({"type": "thinking", "thinking": "", "signature": "QUJD", "cache_control": EPHEMERAL}),
        ),
        "messages.1.content.0.thinking.cache_control: Extra inputs are not permitted",
    ),
    refused(
        "a server's call with a client's id",
        saying(user("a"), assistant({"type": "server_tool_use", "id": "toolu_1", "name": "web_search", "input": {}})),
        "messages.1.content.0.server_tool_use.id: String should match pattern '^srvtoolu_[a-zA-Z0-9_]+$'",
    ),
    refused(
        "a server's call of an unknown tool",
        saying(user("a"), assistant({"type": "server_tool_use", "id": "srvtoolu_1", "name": "dance", "input": {}})),
        "messages.1.content.0.server_tool_use.name: Input should be 'advisor', 'bash_code_execution', "
        "'code_execution', 'text_editor_code_execution', 'tool_search_tool_bm25', 'tool_search_tool_regex', "
        "'web_fetch' or 'web_search'",
    ),
    refused(
        "a search result without a title",
        asking({"type": "search_result", "source": "s", "content": []}),
        "messages.0.content.0.search_result.title: Field required",
    ),
)

TURNS: Sequence[InvalidRequest] = (
    refused(
        "instructions without content",
        saying(user("a"), {"role": "system"}, model=OPUS),
        "messages.1.content: Field required",
    ),
    refused("an empty text", saying(user("")), "messages.0: user messages must have non-empty content"),
    refused("an empty turn", asking(), "messages.0: user messages must have non-empty content"),
    refused(
        "an empty turn at the end",
        saying(user("a"), assistant("b"), user(), user()),
        "messages.2: user messages must have non-empty content",
    ),
    refused(
        "an empty turn of the assistant",
        saying(user("a"), assistant(), user("b")),
        "messages.1: all messages must have non-empty content except for the optional final assistant message",
    ),
    refused("an empty block", asking(text("")), "messages: text content blocks must be non-empty"),
    refused("a blank block", asking(text(" \n")), "messages: text content blocks must contain non-whitespace text"),
    refused("a blank text", saying(user(" ")), "messages: text content blocks must contain non-whitespace text"),
    refused(
        "an empty cached block",
        asking(text("", cache_control=EPHEMERAL)),
        "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
    ),
    refused("an empty system block", having(system=[text("")]), "system: text content blocks must be non-empty"),
    refused(
        "a blank system block",
        having(system=[text(" ")]),
        "system: text content blocks must contain non-whitespace text",
    ),
    refused(
        "an empty cached system block",
        having(system=[text("", cache_control=EPHEMERAL)]),
        "system.0: cache_control cannot be set for empty text blocks",
    ),
    refused(
        "instructions as the first message",
        saying(system("Be brief."), user("a")),
        "messages.0: use the top-level 'system' parameter for the initial system prompt" + DIRECTIVE,
    ),
    refused(
        "instructions in the middle for an old model",
        saying(user("a"), system("Be brief.")),
        "role 'system' is not supported on this model",
    ),
    refused(
        "instructions before a user's turn",
        saying(user("a"), system("b"), system("c"), user("d"), model=OPUS),
        "messages.2: role 'system' must precede an 'assistant' message or end the array" + DIRECTIVE,
    ),
    refused(
        "instructions after the assistant",
        saying(user("a"), assistant("b"), system("c"), model=OPUS),
        "messages.2: role 'system' must follow a 'user' message or an 'assistant' message "
        "that ends in a server tool result" + DIRECTIVE,
    ),
    refused(
        "no instructions",
        saying(user("a"), system(), model=OPUS),
        "messages.1: system content must contain at least one block",
    ),
    refused(
        "blank instructions",
        saying(user("a"), system("  "), model=OPUS),
        "messages.1: system text blocks must contain non-whitespace text",
    ),
    refused(
        "instructions for one turn without the beta",
        saying(user("a"), system("b") | {"clear_at": "never"}, model=OPUS),
        "messages.1.clear_at: Extra inputs are not permitted",
    ),
    refused(
        "white space at the end",
        saying(user("a"), assistant("b ")),
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    refused(
        "white space at the end of a block",
        saying(user("a"), assistant(text("b\n"))),
        "messages: final assistant content cannot end with trailing whitespace",
    ),
    refused("a beginning for a newer model", saying(user("a"), assistant("b"), model=OPUS), NO_PREFILL),
    refused("a beginning for 4.6", saying(user("a"), assistant(text("b")), model="claude-sonnet-4-6"), NO_PREFILL),
    refused("a user's call", asking(call()), "messages.0: `tool_use` blocks can only be in `assistant` messages"),
    refused(
        "an assistant's result",
        saying(user("a"), assistant(result())),
        "messages.1: `tool_result` blocks can only be in `user` messages",
    ),
)

PAIRS: Sequence[InvalidRequest] = (
    refused("a call at the end", saying(user("a"), assistant(call())), MISSING.format(index=1, ids="toolu_1")),
    refused(
        "a call without an answer",
        saying(user("a"), assistant(call()), user("b")),
        MISSING.format(index=1, ids="toolu_1"),
    ),
    refused(
        "one answer to two calls",
        saying(user("a"), assistant(call("t1"), call("t2"), call("t3")), user(result("t2"))),
        MISSING.format(index=1, ids="t1, t3"),
    ),
    refused(
        "words before the answer",
        saying(user("a"), assistant(call()), user(text("Here:"), result())),
        MISSING.format(index=1, ids="toolu_1"),
    ),
    refused(
        "an answer a turn too late",
        saying(user("a"), assistant(call()), user("b"), user(result())),
        MISSING.format(index=1, ids="toolu_1"),
    ),
    refused("an answer to nothing", asking(result("toolu_9")), UNEXPECTED.format(place="0.content.0", id="toolu_9")),
    refused(
        "an answer to an earlier call",
        saying(user("a"), assistant(call()), user(result()), assistant("b"), user(text("c"), result())),
        UNEXPECTED.format(place="4.content.1", id="toolu_1"),
    ),
    refused(
        "two answers to one call",
        saying(user("a"), assistant(call()), user(result(), result())),
        "messages.2.content.1: each tool_use must have a single result. "
        "Found multiple `tool_result` blocks with id: toolu_1",
    ),
    refused(
        "one id for two calls",
        saying(user("a"), assistant(call(), call()), user(result())),
        "messages.1.content.1: `tool_use` ids must be unique",
    ),
)

TOOLS: Sequence[InvalidRequest] = (
    refused("tools that are an object", having(tools={}), "tools: Input should be a valid array"),
    refused("tools null", having(tools=None), "tools: Input should be a valid array"),
    refused("a tool that is a number", having(tools=[7]), "tools.0: Input should be an object"),
    refused(
        "a tool without a name", offering({"input_schema": {"type": "object"}}), "tools.0.custom.name: Field required"
    ),
    refused(
        "a tool with an empty name",
        offering(TOOL | {"name": ""}),
        "tools.0.custom.name: String should have at least 1 character",
    ),
    refused(
        "a tool with a blank name",
        offering(TOOL | {"name": "get weather"}),
        "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    ),
    refused(
        "a tool with a long name",
        offering(TOOL | {"name": "n" * 129}),
        "tools.0.custom.name: String should have at most 128 characters",
    ),
    refused("a tool without a schema", offering({"name": "f"}), "tools.0.custom.input_schema: Field required"),
    refused("a schema of no type", offering(schema_tool({})), "tools.0.custom.input_schema.type: Field required"),
    refused(
        "a schema of a list",
        offering(schema_tool({"type": "array"})),
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    refused(
        "a tool with parameters",
        offering(TOOL | {"parameters": {}}),
        "tools.0.custom.parameters: Extra inputs are not permitted",
    ),
    refused(
        "a described number",
        offering(TOOL | {"description": 7}),
        "tools.0.custom.description: Input should be a valid string",
    ),
    refused("tools of one name", offering(TOOL, TOOL), "tools: Tool names must be unique."),
    refused(
        "a server's tool of another name",
        offering({"type": "web_search_20250305", "name": "search"}),
        "tools.0.web_search_20250305.name: Input should be 'web_search'",
    ),
    refused(
        "no searches at all",
        offering({"type": "web_search_20250305", "name": "web_search", "max_uses": 0}),
        "tools.0.web_search_20250305.max_uses: Input should be greater than 0",
    ),
    refused(
        "a country of three letters",
        offering(
            {
                "type": "web_search_20250305",
                "name": "web_search",
                "user_location": {"type": "approximate", "country": "USA"},
            }
        ),
        "tools.0.web_search_20250305.user_location.country: String should have at most 2 characters",
    ),
    refused(
        "nothing but deferred tools",
        offering(TOOL | {"defer_loading": True}),
        "All tools have defer_loading set. At least one tool must be non-deferred.",
    ),
    refused("a choice in words", offering(TOOL, tool_choice="any"), "tool_choice: Input should be an object"),
    refused("a choice null", offering(TOOL, tool_choice=None), "tool_choice: Input should be an object"),
    refused("a choice of no kind", offering(TOOL, tool_choice={}), "tool_choice.type: Field required"),
    refused(
        "an unknown choice",
        offering(TOOL, tool_choice={"type": "always"}),
        "tool_choice: Input tag 'always' found using 'type' " + expected("auto any tool none"),
    ),
    refused(
        "a choice of no tool", offering(TOOL, tool_choice={"type": "tool"}), "tool_choice.tool.name: Field required"
    ),
    refused(
        "a choice of another tool",
        offering(TOOL, OTHER_TOOL, tool_choice={"type": "tool", "name": "f"}),
        "Tool 'f' not found in provided tools",
    ),
    refused(
        "any of no tools",
        having(tool_choice={"type": "any"}),
        "tool_choice.any may only be specified while providing tools",
    ),
    refused(
        "none of no tools",
        having(tool_choice={"type": "none"}),
        "tool_choice.none may only be specified while providing tools",
    ),
    refused(
        "a choice that was forced on a newer model",
        offering(TOOL, model=OPUS, tool_choice={"type": "any"}),
        'tool_choice: type "tool" and "any" are not supported for this model.',
    ),
    refused(
        "a schema of an unknown type",
        offering(schema_tool({"type": "object", "properties": {"a": {"type": "str"}}})),
        DRAFT,
    ),
    refused(
        "a member that is required twice", offering(schema_tool({"type": "object", "required": ["a", "a"]})), DRAFT
    ),
    refused(
        "a schema of properties in a list",
        offering(schema_tool({"type": "object", "properties": ["a"]})),
        "tools.0.custom.input_schema.properties: Input should be an object",
    ),
    refused(
        "an empty choice of schemas",
        offering(schema_tool({"type": "object", "properties": {"a": {"anyOf": []}}})),
        DRAFT,
    ),
    refused(
        "one schema of several",
        offering(schema_tool({"type": "object", "oneOf": [{}]})),
        "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
    ),
    refused(
        "a strict tool that is open",
        offering(schema_tool({"type": "object"}, strict=True)),
        f"tools.0.custom: {CLOSED}",
    ),
    refused(
        "a strict tool with limits",
        offering(schema_tool(OBJECT | {"properties": {"n": {"type": "integer", "minimum": 1}}}, strict=True)),
        "tools.0.custom: For 'integer' type, property 'minimum' is not supported",
    ),
    refused(
        "a reference to no tool",
        saying(
            user("a"),
            assistant(call()),
            user(result(content=[{"type": "tool_reference", "tool_name": "f"}])),
            tools=[TOOL],
        ),
        "Tool reference 'f' has no corresponding tool definition",
    ),
)

FORMATS: Sequence[InvalidRequest] = (
    refused(
        "a format by no schema",
        formatted({"type": {}}),
        "output_config.format.schema: JSON schema is invalid. It must match JSON Schema draft 2020-12",
    ),
    refused("an open object", formatted({"type": "object"}), f"output_config.format.schema: {CLOSED}"),
    refused(
        "an open object inside",
        formatted(OBJECT | {"properties": {"a": {"type": "object", "additionalProperties": True}}}),
        f"output_config.format.schema: {CLOSED}",
    ),
    refused(
        "limits of numbers",
        formatted(OBJECT | {"properties": {"n": {"type": "number", "minimum": 0, "maximum": 1}}}),
        "output_config.format.schema: For 'number' type, properties maximum, minimum are not supported",
    ),
    refused(
        "limits of texts",
        formatted(OBJECT | {"properties": {"s": {"type": "string", "maxLength": 5}}}),
        "output_config.format.schema: For 'string' type, property 'maxLength' is not supported",
    ),
    refused(
        "limits of lists",
        formatted(OBJECT | {"properties": {"l": {"type": "array", "maxItems": 5}}}),
        "output_config.format.schema: For 'array' type, property 'maxItems' is not supported",
    ),
    refused(
        "two items at least",
        formatted(OBJECT | {"properties": {"l": {"type": "array", "minItems": 2}}}),
        "output_config.format.schema: For 'array' type, 'minItems' values other than 0 or 1 are not supported",
    ),
    refused(
        "a schema that holds itself",
        formatted(
            {"$ref": "#/$defs/Node", "$defs": {"Node": OBJECT | {"properties": {"next": {"$ref": "#/$defs/Node"}}}}}
        ),
        "output_config.format.schema: Circular reference detected in schema definitions: Node -> Node",
    ),
    refused(
        "somebody else's schema",
        formatted(OBJECT | {"properties": {"a": {"$ref": "https://example.com/a.json"}}}),
        "output_config.format.schema: External $ref is not supported: https://example.com/a.json",
    ),
    refused(
        "the first form of formats without its beta",
        having(output_format={"type": "json_schema", "schema": OBJECT}),
        "output_format: Extra inputs are not permitted",
    ),
    refused(
        "both forms of formats",
        formatted(OBJECT, output_format={"type": "json_schema", "schema": OBJECT}),
        "output_format: Cannot be used together with output_config.format",
        betas=("structured-outputs-2025-11-13",),
    ),
    refused(
        "a format with citations",
        formatted(OBJECT, messages=[user(paper(citations={"enabled": True}))]),
        "output_config.format: structured outputs cannot be used when citations are enabled",
    ),
)

MODELS: Sequence[InvalidRequest] = (
    refused(
        "adaptive thinking of an old model",
        having(thinking=thinking("adaptive")),
        "adaptive thinking is not supported on this model",
    ),
    refused(
        "budgeted thinking of a newer model",
        having("claude-opus-4-7", thinking=enabled()),
        f'"thinking.type.enabled" is not supported for this model. {USE_ADAPTIVE}',
    ),
    refused(
        "no thinking of a model that always does",
        having("claude-fable-5", thinking=thinking("disabled")),
        f'"thinking.type.disabled" is not supported for this model. {USE_ADAPTIVE}',
    ),
    refused(
        "no thinking of sonnet-5-5",
        having("claude-sonnet-5-5", thinking=thinking("disabled")),
        'To turn thinking off on this model, send "thinking": {"type": "between_tools"} instead of '
        '{"type": "disabled"}. The model does not think before responding. '
        "The short updates it writes between tool calls come back as thinking blocks.",
    ),
    refused(
        "thinking of a model that cannot",
        having("claude-3-haiku-20240307", thinking=enabled()),
        '"thinking.type.enabled" is not supported for this model.',
    ),
    refused("a budget of all tokens", having(thinking=enabled(1024), max_tokens=1024), BUDGET),
    refused(
        "a larger budget without tools",
        having(thinking=enabled(2000), max_tokens=1024),
        BUDGET,
        betas=("interleaved-thinking-2025-05-14",),
    ),
    refused(
        "thinking about a forced call",
        offering(TOOL, thinking=enabled(), max_tokens=2000, tool_choice={"type": "any"}),
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    refused(
        "warm thinking",
        having(thinking=enabled(), max_tokens=2000, temperature=0.5),
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
    ),
    refused(
        "narrow thinking",
        having(thinking=enabled(), max_tokens=2000, top_p=0.9),
        "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.",
    ),
    refused(
        "thinking of the best tokens",
        having(thinking=enabled(), max_tokens=2000, top_k=5),
        "`top_k` must be unset when thinking is enabled or in adaptive mode.",
    ),
    refused(
        "a temperature for a newer model",
        having(OPUS, temperature=0.5),
        "`temperature` is deprecated for this model.",
    ),
    refused("top_p for a newer model", having(OPUS, top_p=0.9), "`top_p` is deprecated for this model."),
    refused("top_k for a newer model", having(OPUS, top_k=5), "`top_k` is deprecated for this model."),
    refused(
        "temperature and top_p",
        having(temperature=1, top_p=1),
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ),
    refused(
        "effort of a model that has none",
        having(HAIKU, output_config={"effort": "low"}),
        "This model does not support the effort parameter.",
    ),
    refused(
        "more effort than the model has",
        having("claude-opus-4-6", output_config={"effort": "xhigh"}),
        "This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
    ),
    refused(
        "the most effort without thinking",
        having("claude-opus-5", thinking=thinking("disabled"), output_config={"effort": "max"}),
        "output_config.effort 'max' is not supported when thinking is disabled on this model. "
        "Use effort 'high' or below, or enable thinking.",
    ),
    refused(
        "too long an answer",
        having(OPUS, max_tokens=128_001),
        "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-opus-5-5",
    ),
    refused(
        "too long an answer of a dated model",
        having("claude-haiku-4-5-20251001", max_tokens=100_000),
        "max_tokens: 100000 > 64000, "
        "which is the maximum allowed number of output tokens for claude-haiku-4-5-20251001",
    ),
    refused(
        "a streamed warm-up", having(max_tokens=0, stream=True), "max_tokens: 0 is not allowed with stream: true"
    ),
    refused(
        "a warm-up of thinking",
        having(max_tokens=0, thinking=enabled(), tools=[TOOL]),
        'max_tokens: 0 is not allowed with thinking.type "enabled"',
        betas=("interleaved-thinking-2025-05-14",),
    ),
    refused(
        "a warm-up of a format",
        formatted(OBJECT, max_tokens=0),
        "max_tokens: 0 is not allowed with output_config.format",
    ),
    refused(
        "a warm-up of a forced call",
        offering(TOOL, max_tokens=0, tool_choice={"type": "any"}),
        "max_tokens: 0 is not allowed with a forced tool_choice",
    ),
    refused(
        "cleared thinking where there is none",
        having(context_management={"edits": [{"type": "clear_thinking_20251015"}]}),
        "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive",
        betas=(CONTEXT,),
    ),
    refused(
        "thinking with another's signature",
        saying(
            user("a"),
            assistant({"type": "thinking", "thinking": "b", "signature": "no base64!"}, text("c")),
            user("d"),
        ),
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    refused(
        "redacted thinking of somebody's",
        saying(user("a"), assistant({"type": "redacted_thinking", "data": "?"}, text("c")), user("d")),
        "messages.1.content.0: Invalid `data` in `redacted_thinking` block",
    ),
    refused(
        "thinking of the user's",
        asking({"type": "thinking", "thinking": "b", "signature": "QUJD"}),
        "messages.0.content.0: `thinking` blocks can only be in `assistant` messages",
    ),
)

CACHING: Sequence[InvalidRequest] = (
    refused(
        "five breakpoints",
        offering(
            TOOL | {"cache_control": EPHEMERAL},
            system=[text(cache_control=EPHEMERAL)],
            messages=[
                user(text(cache_control=EPHEMERAL), text(cache_control=EPHEMERAL), text(cache_control=EPHEMERAL))
            ],
        ),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    refused(
        "four breakpoints and the automatic one",
        asking(*[text(cache_control=EPHEMERAL)] * 4, cache_control=EPHEMERAL),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    refused(
        "breakpoints inside of results",
        saying(
            user("a"),
            assistant(call()),
            user(result(content=[text(cache_control=EPHEMERAL)] * 4, cache_control=EPHEMERAL)),
        ),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    refused(
        "an hour after five minutes",
        asking(text(cache_control=EPHEMERAL), text(cache_control=HOUR)),
        f"messages.0.content.1.cache_control.ttl: {ORDER}",
    ),
    refused(
        "an hour for the system, five minutes for tools",
        offering(TOOL | {"cache_control": EPHEMERAL}, system=[text(cache_control=HOUR)]),
        f"system.0.cache_control.ttl: {ORDER}",
    ),
)

MEDIA: Sequence[InvalidRequest] = (
    refused("an empty image", asking(picture(data="")), f"{IMAGE}.base64: image cannot be empty"),
    refused("an image that is no base64", asking(picture(data="@@@@")), f"{IMAGE}.base64.data: Invalid base64 data"),
    refused("an image that is none", asking(picture(data="QUJDRA==")), "Could not process image"),
    refused(
        "a JPEG that is a PNG",
        asking(picture(media_type="image/jpeg")),
        f"{IMAGE}.base64: The image was specified using the image/jpeg media type, "
        "but the image appears to be a image/png image",
    ),
    refused(
        "an image too heavy",
        asking(picture(data="A" * (10 * 1024 * 1024 + 4))),
        f"{IMAGE}.base64: image exceeds 10 MB maximum: 10485764 bytes > 10485760 bytes",
    ),
    refused(
        "an image too large",
        asking(picture(8001, 10)),
        f"{IMAGE}.base64.data: At least one of the image dimensions exceed max allowed size: 8000 pixels",
    ),
    refused(
        "an image too large among many",
        asking(picture(10, 2001), *[picture()] * 20),
        f"{IMAGE}.base64.data: "
        "At least one of the image dimensions exceed max allowed size for many-image requests: 2000 pixels",
    ),
    refused(
        "an image in a result that is too large",
        saying(user("a"), assistant(call()), user(result(content=[picture(9000, 9000)]))),
        "messages.2.content.0.tool_result.content.0.image.source.base64.data: "
        "At least one of the image dimensions exceed max allowed size: 8000 pixels",
    ),
    refused("too many images", asking(*[picture()] * 101), "too many images and documents: 101 + 0 > 100"),
    refused(
        "too many images for a newer model",
        asking(*[picture()] * 600, paper(), model=OPUS),
        "too many images and documents: 600 + 1 > 600",
    ),
    refused(
        "an image over plain http",
        asking({"type": "image", "source": {"type": "url", "url": "http://example.com/a.png"}}),
        f"{IMAGE}.url.url: Only HTTPS URLs are supported.",
    ),
    refused(
        "a document over plain http",
        asking({"type": "document", "source": {"type": "url", "url": "http://example.com/a.pdf"}}),
        "messages.0.content.0.document.source.url.url: Only HTTPS URLs are supported.",
    ),
    refused("an empty PDF", asking(pdf(b"")), f"{PDF}: PDF cannot be empty"),
    refused("a PDF that is none", asking(pdf(b"<html>")), f"{PDF}: The PDF specified was not valid."),
    refused(
        "a locked PDF", asking(pdf(b"%PDF-1.4 /Encrypt 1 0 R")), f"{PDF}: The PDF specified is password protected."
    ),
    refused(
        "a PDF of many pages",
        asking(pdf(b"%PDF-1.4\n" + b"1 0 obj <</Type /Page>> endobj\n" * 101)),
        f"{PDF}: A maximum of 100 PDF pages may be provided.",
    ),
    refused(
        "citations of one document in two",
        asking(paper(citations={"enabled": True}), paper()),
        "messages: citations must be enabled on all documents in a request or on none of them",
    ),
)

BETAS: Sequence[InvalidRequest] = (
    refused(
        "an unknown beta",
        having(),
        "Unexpected value(s) `telepathy-2026-01-01` for the `anthropic-beta` header. "
        "Please consult our documentation at platform.claude.com/docs or try again without the header.",
        betas=("telepathy-2026-01-01",),
    ),
    refused(
        "betas that Foundry does not have",
        having(),
        "Unexpected value(s) `advisor-tool-2026-03-01`, `fast-mode-2026-02-01` for the `anthropic-beta` header. "
        "Please consult our documentation at platform.claude.com/docs or try again without the header.",
        betas=("fast-mode-2026-02-01", CONTEXT, "advisor-tool-2026-03-01"),
    ),
    refused(
        "context management without its beta",
        having(context_management={"edits": []}),
        "context_management: Extra inputs are not permitted",
    ),
    refused(
        "context management with another beta",
        having(context_management={"edits": []}),
        "context_management: Extra inputs are not permitted",
        betas=(CONNECTOR,),
    ),
    refused(
        "MCP servers without their beta", having(mcp_servers=[SERVER]), "mcp_servers: Extra inputs are not permitted"
    ),
    refused(
        "a task budget without its beta",
        having(OPUS, output_config={"task_budget": {"type": "tokens", "total": 1}}),
        "output_config.task_budget: Extra inputs are not permitted",
    ),
    refused(
        "an unknown edit",
        having(context_management={"edits": [{"type": "forget"}]}),
        "context_management.edits.0: Input tag 'forget' found using 'type' "
        + expected("clear_thinking_20251015 clear_tool_uses_20250919 compact_20260112"),
        betas=(CONTEXT,),
    ),
)

SERVICES: Sequence[InvalidRequest] = (
    refused("a container without code", having(container="container_1"), CONTAINER),
    refused(
        "skills without code",
        having(container={"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}),
        "container: skills can only be used when a code execution tool is enabled",
    ),
    refused(
        "an MCP server for nobody",
        having(mcp_servers=[SERVER]),
        "MCP server 'wiki' is defined but not referenced by any mcp_toolset in tools",
        betas=(CONNECTOR,),
    ),
    refused(
        "a toolset of no server",
        offering({"type": "mcp_toolset", "mcp_server_name": "wiki"}),
        "tools.0.mcp_toolset: MCP server 'wiki' is not defined in mcp_servers",
        betas=(CONNECTOR,),
    ),
    refused(
        "two toolsets of one server",
        offering(*[{"type": "mcp_toolset", "mcp_server_name": "wiki"}] * 2, mcp_servers=[SERVER]),
        "tools.1.mcp_toolset: MCP server 'wiki' is referenced by more than one mcp_toolset in tools",
        betas=(CONNECTOR,),
    ),
    refused(
        "two servers of one name",
        offering({"type": "mcp_toolset", "mcp_server_name": "wiki"}, mcp_servers=[SERVER, SERVER]),
        "mcp_servers.1.name: MCP server names must be unique",
        betas=(CONNECTOR,),
    ),
    refused(
        "an MCP server over plain http",
        offering(
            {"type": "mcp_toolset", "mcp_server_name": "wiki"},
            mcp_servers=[SERVER | {"url": "http://mcp.example.com"}],
        ),
        "mcp_servers.0.url: Only HTTPS URLs are supported.",
        betas=(CONNECTOR,),
    ),
)

FOUNDRY = "The following features are not available for Azure AI Foundry workspaces: "
HOSTING: Sequence[InvalidRequest] = (
    refused("a geography", having(inference_geo="us"), FOUNDRY + "inference_geo"),
    refused("fast mode", having(speed="fast"), FOUNDRY + "fast_mode"),
    refused("a browser", offering({"type": "browser_toolset_20260801"}), FOUNDRY + "browser_use"),
    refused("a computer of 2026", offering({"type": "computer_toolset_20260801"}), FOUNDRY + "computer_toolset"),
    refused("code on Azure", offering(CODE), "code_execution not supported in your workspace.", hosting="azure"),
    refused(
        "pages of the web on Azure",
        offering({"type": "web_fetch_20250910", "name": "web_fetch"}),
        "web_fetch not supported in your workspace.",
        hosting="azure",
    ),
    refused(
        "a newer web search on Azure",
        offering({"type": "web_search_20260209", "name": "web_search"}),
        "web_search not supported in your workspace.",
        hosting="azure",
    ),
    refused(
        "skills and code on Azure",
        offering(CODE, container={"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}),
        "code_execution, skills not supported in your workspace.",
        hosting="azure",
    ),
    refused(
        "a tool called by code on Azure",
        offering(TOOL | {"allowed_callers": ["code_execution_20250825"]}),
        "programmatic_tool_calling not supported in your workspace.",
        hosting="azure",
    ),
    refused(
        "a stored file on Azure",
        asking({"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
        "files not supported in your workspace.",
        hosting="azure",
        betas=("files-api-2025-04-14",),
    ),
)

SECOND = "2026-10-21"
VERSIONS: Sequence[InvalidRequest] = (
    *[
        refused(
            f"{name} in the second version",
            having(**{name: 1}),
            f"{name}: Extra inputs are not permitted",
            version=SECOND,
        )
        for name in ("temperature", "top_p", "top_k")
    ],
    refused(
        "a document of the assistant's in the second version",
        saying(user("a"), assistant(paper()), user("b")),
        "messages.1.content.0: `document` blocks can only be in `user` messages",
        version=SECOND,
    ),
    refused(
        "a citation of the user's in the second version",
        asking(
            text(
                citations=[
                    {
                        "type": "search_result_location",
                        "cited_text": "a",
                        "search_result_index": 0,
                        "source": "s",
                        "title": None,
                        "start_block_index": 0,
                        "end_block_index": 1,
                    }
                ]
            )
        ),
        "messages.0.content.0.text.citations: Extra inputs are not permitted",
        version=SECOND,
    ),
)

COUNTING = "/v1/messages/count_tokens"
COUNTED: Sequence[InvalidRequest] = (
    refused("counting nothing", having(messages=[]), "messages: at least one message is required", path=COUNTING),
    refused("counting with max_tokens", having(), "max_tokens: Extra inputs are not permitted", path=COUNTING),
    refused(
        "counting a stream",
        lacking("max_tokens") | {"stream": True},
        "stream: Extra inputs are not permitted",
        path=COUNTING,
    ),
    refused(
        "counting with metadata",
        lacking("max_tokens") | {"metadata": {}},
        "metadata: Extra inputs are not permitted",
        path=COUNTING,
    ),
    refused(
        "counting for a model that is none",
        lacking("max_tokens") | {"model": "claude-sonet-4-5"},
        "model: claude-sonet-4-5",
        path=COUNTING,
        status=404,
        error_type="not_found_error",
    ),
    refused(
        "counting a forced call on a newer model",
        lacking("max_tokens") | {"model": OPUS, "tools": [TOOL], "tool_choice": {"type": "any"}},
        'tool_choice: type "tool" and "any" are not supported for this model.',
        path=COUNTING,
    ),
)

INVALID_REQUESTS: Sequence[InvalidRequest] = (
    *MEMBERS,
    *REPORTED_FIRST,
    *BLOCK_SHAPES,
    *TURNS,
    *PAIRS,
    *TOOLS,
    *FORMATS,
    *MODELS,
    *CACHING,
    *MEDIA,
    *BETAS,
    *SERVICES,
    *HOSTING,
    *VERSIONS,
    *COUNTED,
)
