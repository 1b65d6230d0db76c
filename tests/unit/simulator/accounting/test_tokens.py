"""Token counts: estimates that are near the API's own, and never far below."""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingate.simulator.accounting.tokens import count_input_tokens, count_text_tokens, split_tokens
from ingate.simulator.model_facts import get_model_facts


@given(st.text(max_size=500))
@settings(deadline=None)
def test_tokens_make_up_the_whole_text(text: str) -> None:
    tokens = split_tokens(text)
    assert "".join(tokens) == text
    assert all(0 < len(token) <= 10 for token in tokens)
    assert count_text_tokens(text) == len(tokens)


def count(content: Any, **fields: Any) -> int:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": content}]} | fields
    return count_input_tokens(body)


def test_a_single_turn_costs_its_text_and_seven() -> None:
    assert count("hello") == 1 + 7
    assert count([{"type": "text", "text": "hello"}]) == 1 + 7


def test_tools_bring_instructions_of_their_own() -> None:
    tool = {"name": "f", "input_schema": {"type": "object"}}
    auto = count("hello", model="claude-opus-4-5", tools=[tool])
    forced = count("hello", model="claude-opus-4-5", tools=[tool], tool_choice={"type": "any"})
    deferred = count("hello", model="claude-opus-4-5", tools=[tool, tool | {"defer_loading": True}])
    assert auto > 505 + count("hello")
    assert deferred == auto
    assert forced - auto == 603 - 505


@pytest.mark.parametrize(
    ("tool", "documented"),
    [
        ({"type": "bash_20250124", "name": "bash"}, 244),
        ({"type": "text_editor_20250429", "name": "str_replace_based_edit_tool"}, 700),
        ({"type": "computer_20250124", "name": "computer", "display_width_px": 1, "display_height_px": 1}, 735),
    ],
)
def test_tools_that_anthropic_defines_cost_what_is_documented(tool: dict[str, Any], documented: int) -> None:
    model = "claude-sonnet-4-5"
    one = count("hello", model=model, tools=[tool])
    two = count("hello", model=model, tools=[tool, tool])
    assert two - one == documented


def test_the_prompt_for_tools_differs_from_model_to_model() -> None:
    tool = {"type": "bash_20250124", "name": "bash"}
    costs = {
        model: count("hello", model=model, tools=[tool]) - count("hello", model=model)
        for model in ("claude-opus-4-1", "claude-opus-4-5", "claude-opus-4-7")
    }
    assert costs["claude-opus-4-1"] < costs["claude-opus-4-5"] < costs["claude-opus-4-7"]


def test_models_since_4_7_need_more_tokens_for_the_same_text() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 100
    assert 1.1 < count(text, model="claude-opus-4-7") / count(text, model="claude-opus-4-6") < 1.35


def test_facts_go_before_the_model_that_the_request_names() -> None:
    body: dict[str, Any] = {"model": "claude-opus-4-6", "messages": [{"role": "user", "content": "word " * 100}]}
    assert count_input_tokens(body, get_model_facts("claude-opus-4-7")) > count_input_tokens(body)


@pytest.mark.parametrize(
    "addition",
    [
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {"type": "document", "source": {"type": "base64", "data": "QUJD" * 1000}},
        {"type": "document", "source": {"type": "text", "data": "some words"}},
        {"type": "tool_result", "tool_use_id": "t", "content": "some words"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1, 2]}},
        {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "x"}]},
    ],
)
def test_every_kind_of_block_costs_something(addition: dict[str, Any]) -> None:
    hello = {"type": "text", "text": "hello"}
    assert count([hello, addition]) > count([hello])


def test_a_long_text_is_counted_from_parts_of_it_in_bounded_time() -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 200_000
    started = time.perf_counter()
    estimated = count_text_tokens(text)
    assert time.perf_counter() - started < 0.2
    assert estimated == pytest.approx(len(split_tokens(text)), rel=0.05)


PLAIN_BLOCKS = {"text", "tool_use", "tool_result", "thinking"}
OTHER_FIELDS = ("context_management", "mcp_servers", "output_config", "output_format", "container")


def is_of_text_and_own_tools(request: dict[str, Any]) -> bool:
    """Whether nothing but text decides the count: no files, no server's tools, no hidden instructions."""
    blocks = [block for message in request["messages"] for block in get_blocks(message["content"])]
    inner = [part for block in blocks for part in get_blocks(block.get("content", ""))]
    return (
        all(block["type"] in PLAIN_BLOCKS for block in [*blocks, *inner])
        and all("input_schema" in tool for tool in request.get("tools", []))
        and not any(name in request for name in OTHER_FIELDS)
    )


def test_a_long_conversation_is_counted_in_bounded_time_too() -> None:
    turns = [{"role": "user", "content": f"Turn {turn} of the conversation. " * 60} for turn in range(3_000)]
    started = time.perf_counter()
    estimated = count_input_tokens({"messages": turns})
    assert time.perf_counter() - started < 0.3
    exactly = sum(count(turn["content"]) - 3 for turn in turns) + 3
    assert estimated == pytest.approx(exactly, rel=0.05)


def get_blocks(content: Any) -> list[dict[str, Any]]:
    return [] if isinstance(content, str) else content


def test_recorded_requests_are_counted_closely_and_never_far_too_low(fixtures_dir: Path) -> None:
    lines = (fixtures_dir / "requests" / "real_requests.jsonl").read_text().splitlines()
    counts = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    errors: list[float] = []
    for row in map(json.loads, lines):
        if row["status"] == 200 and is_of_text_and_own_tools(row["request"]):
            reported = sum(row["usage"].get(name) or 0 for name in counts)
            errors.append((count_input_tokens(row["request"]) - reported) / reported)
    assert len(errors) > 60
    assert statistics.mean(map(abs, errors)) < 0.12
    assert statistics.median(map(abs, errors)) < 0.06
    assert min(errors) > -0.2
