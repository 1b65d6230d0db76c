"""What is refused, and in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.simulator.conftest import Ask

USER = {"role": "user", "content": "Hello"}
VALID: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 16, "messages": [USER]}
TOOL = {"name": "get_weather", "input_schema": {"type": "object"}}


def having(**fields: Any) -> dict[str, Any]:
    return VALID | fields


def lacking(name: str) -> dict[str, Any]:
    return {key: value for key, value in VALID.items() if key != name}


def with_message(**members: Any) -> dict[str, Any]:
    return having(messages=[members])


def with_block(**members: Any) -> dict[str, Any]:
    return with_message(role="user", content=[members])


REFUSED: list[tuple[dict[str, Any], str]] = [
    (lacking("model"), "model: Field required"),
    (having(model=4), "model: Input should be a valid string"),
    (lacking("max_tokens"), "max_tokens: Field required"),
    (having(max_tokens="16"), "max_tokens: Input should be a valid integer"),
    (having(max_tokens=True), "max_tokens: Input should be a valid integer"),
    (having(max_tokens=1.5), "max_tokens: Input should be a valid integer"),
    (having(max_tokens=0), "max_tokens: Input should be greater than or equal to 1"),
    (lacking("messages"), "messages: Field required"),
    (having(messages="Hello"), "messages: Input should be a valid list"),
    (having(messages=[]), "messages: at least one message is required"),
    (having(messages=["Hello"]), "messages.0: Input should be a valid dictionary"),
    (with_message(content="Hello"), "messages.0.role: Field required"),
    (
        having(messages=[USER, {"role": "robot", "content": "x"}]),
        "messages.1.role: Input should be 'user', 'assistant' or 'system'",
    ),
    (with_message(role="user"), "messages.0.content: Field required"),
    (with_message(role="user", content=7), "messages.0.content: Input should be a valid list"),
    (
        with_message(role="user", content=""),
        "messages.0: all messages must have non-empty content except for the optional final assistant message",
    ),
    (
        with_message(role="user", content=[]),
        "messages.0: all messages must have non-empty content except for the optional final assistant message",
    ),
    (
        with_message(role="user", content=["Hello"]),
        "messages.0.content.0: Input should be a valid dictionary",
    ),
    (with_block(text="Hello"), "messages.0.content.0.type: Field required"),
    (with_block(type=3), "messages.0.content.0.type: Input should be a valid string"),
    (with_block(type="text"), "messages.0.content.0.text.text: Field required"),
    (with_block(type="text", text=3), "messages.0.content.0.text.text: Input should be a valid string"),
    (with_block(type="text", text=""), "messages: text content blocks must be non-empty"),
    (with_block(type="image"), "messages.0.content.0.image.source: Field required"),
    (
        with_block(type="tool_result", content="x"),
        "messages.0.content.0.tool_result.tool_use_id: Field required",
    ),
    (
        with_block(type="tool_result", tool_use_id="t", content=[{"type": "text"}]),
        "messages.0.content.0.tool_result.content.0.text.text: Field required",
    ),
    (having(system=7), "system: Input should be a valid list"),
    (having(system=[{"type": "text", "text": ""}]), "system: text content blocks must be non-empty"),
    (having(stream="yes"), "stream: Input should be a valid boolean"),
    (having(stop_sequences="END"), "stop_sequences: Input should be a valid list"),
    (having(stop_sequences=[7]), "stop_sequences.0: Input should be a valid string"),
    (having(stop_sequences=["a", " "]), "stop_sequences: each stop sequence must contain non-whitespace"),
    (having(tools={}), "tools: Input should be a valid list"),
    (having(tools=[{"input_schema": {}}]), "tools.0.custom.name: Field required"),
    (having(tools=[{"name": "f"}]), "tools.0.custom.input_schema: Field required"),
    (
        having(tools=[TOOL], tool_choice={"type": "always"}),
        "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'",
    ),
    (having(tool_choice={"type": "any"}), "tool_choice: may only be specified while providing tools"),
    (having(tools=[TOOL], tool_choice={"type": "tool"}), "tool_choice.tool.name: Field required"),
    (
        having(tools=[TOOL], tool_choice={"type": "tool", "name": "other"}),
        "tool_choice: tool 'other' not found in provided tools",
    ),
]


def read_error(ask: Ask, body: Any, **how: Any) -> tuple[int, str]:
    answer = ask(body, **how)
    [(wait, content)] = answer.chunks
    assert wait == 0
    return answer.status, json.loads(content)["error"]["message"]


@pytest.mark.parametrize(("body", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_request_is_refused_with_the_apis_words(ask: Ask, body: dict[str, Any], message: str) -> None:
    assert read_error(ask, body) == (400, message)
    assert read_error(ask, body | {"stream": True} if "stream" not in body else body) == (400, message)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The request body is not valid JSON: "),
        (b"{not json", "The request body is not valid JSON: "),
        (b'{"model": "\xff"}', "The request body is not valid JSON: "),
        (b"[" * 100_000, "The request body is nested too deeply"),
        (b'[{"model": "claude-sonnet-4-5"}]', "The request body is not a JSON object"),
        (b"null", "The request body is not a JSON object"),
    ],
    ids=["empty", "malformed", "not UTF-8", "too deep", "a list", "null"],
)
def test_a_body_that_is_no_json_object_is_refused(ask: Ask, body: bytes, message: str) -> None:
    status, found = read_error(ask, body)
    assert (status, found[: len(message)]) == (400, message)


def test_the_version_header_is_required_and_known(ask: Ask) -> None:
    assert read_error(ask, VALID, version=None) == (400, "anthropic-version: header is required")
    assert read_error(ask, VALID, version=b"2024-01-01") == (
        400,
        'anthropic-version: "2024-01-01" is not a valid version',
    )


@pytest.mark.parametrize("name", ["temperature", "top_p", "top_k"])
@pytest.mark.parametrize("path", [b"/v1/messages", b"/v1/messages/count_tokens"])
def test_sampling_parameters_ended_with_the_second_version(ask: Ask, name: str, path: bytes) -> None:
    body = having(**{name: 1})
    assert ask(body, path=path, version=b"2023-06-01").status == 200
    assert read_error(ask, body, path=path, version=b"2026-10-21") == (
        400,
        f"{name}: not supported in anthropic-version 2026-10-21; remove it",
    )


ACCEPTED: dict[str, dict[str, Any]] = {
    "unknown fields": having(zzz={"a": 1}, metadata={"user_id": "u"}),
    "unknown blocks": with_block(type="search_result", source="s", title="t", content=[]),
    "null for an optional field": having(system=None, tools=None, stop_sequences=None, stream=None),
    "an empty last turn of the assistant": having(messages=[USER, {"role": "assistant", "content": ""}]),
    "two turns of one role": having(messages=[USER, USER]),
    "a system message in the middle": having(messages=[USER, {"role": "system", "content": "x"}, USER]),
    "a server's tool": having(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "a tool result without content": having(
        messages=[USER, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}]
    ),
    "an image": with_block(type="image", source={"type": "url", "url": "https://example.com/a.png"}),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_is_not_known_to_be_wrong_is_accepted(ask: Ask, what: str) -> None:
    assert ask(ACCEPTED[what]).status == 200


def test_count_tokens_needs_no_max_tokens_but_messages(ask: Ask) -> None:
    path = b"/v1/messages/count_tokens"
    assert ask(lacking("max_tokens"), path=path).status == 200
    assert read_error(ask, having(messages=[]), path=path) == (
        400,
        "messages: at least one message is required",
    )


def test_no_request_that_claude_accepted_is_refused(ask: Ask, fixtures_dir: Path) -> None:
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    accepted = [row for row in map(json.loads, lines) if row["status"] == 200]
    assert len(accepted) > 150
    for row in accepted:
        path = b"/v1/messages" if row["op"] == "messages" else b"/v1/messages/count_tokens"
        answer = ask(row["request"], path=path)
        assert answer.status == 200, (row["id"], b"".join(piece for _, piece in answer.chunks))


@pytest.mark.parametrize("depth", [100, 300, 450, 480, 490, 600, 900, 960, 980, 990, 5_000])
def test_a_deep_body_is_answered_or_refused_wherever_it_is_deep(ask: Ask, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    for place in (
        b'"messages":[{"role":"user","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":%b}}]}]',
        b'"messages":[{"role":"user","content":%b}]',
        b'"messages":[{"role":"user","content":"x"}],"zzz":%b',
        b'"messages":[{"role":"user","content":"x"}],"tools":[{"name":"f","input_schema":'
        b'{"type":"object","properties":{"a":{"default":%b}},"required":["a"]}}]',
    ):
        answer = ask(b'{"model":"m","max_tokens":200,' + place % deep + b"}")
        assert answer.status in (200, 400)
        assert answer.status == 400 or depth < 1_000
