"""Thinking: whether there is any, how much, what is shown of it, and that it comes back signed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.simulator.conftest import Ask

from ingate.simulator.magic_strings import TRIGGER_REDACTED_THINKING
from ingate.simulator.signatures import is_genuine

TOOL = {"name": "f", "input_schema": {"type": "object"}}
ENABLED = {"type": "enabled", "budget_tokens": 1024}
ADAPTIVE = {"type": "adaptive"}
OLD, BOTH, NEW, BETWEEN = "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-5", "claude-sonnet-5-5"
"""Models that take a budget; a budget or adaptive; adaptive, which also is the default; or between tools only."""
AFTER_A_TOOL: list[dict[str, Any]] = [
    {"role": "user", "content": "Count."},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "42"}]},
]


def read(ask: Ask, model: str, text: str = "Why?", *, beta: bytes | None = None, **fields: Any) -> dict[str, Any]:
    body = {"model": model, "max_tokens": 4000, "messages": [{"role": "user", "content": text}]} | fields
    answer = ask(body, extra_headers=[(b"anthropic-beta", beta)] if beta else [])
    [(_, content)] = answer.chunks
    assert answer.status == 200, content
    return json.loads(content)


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["content"]]


@pytest.mark.parametrize(
    ("model", "thinking", "thinks"),
    [
        (OLD, None, False),
        (OLD, ENABLED, True),
        (OLD, {"type": "disabled"}, False),
        (BOTH, None, False),
        (BOTH, ADAPTIVE, True),
        (NEW, None, True),
        (NEW, {"type": "disabled"}, False),
        (BETWEEN, {"type": "between_tools"}, False),
    ],
)
def test_a_model_thinks_when_asked_to_or_by_default(ask: Ask, model: str, thinking: Any, thinks: bool) -> None:
    message = read(ask, model, thinking=thinking) if thinking else read(ask, model)
    assert kinds(message) == (["thinking", "text"] if thinks else ["text"])
    assert ("output_tokens_details" in message["usage"]) == thinks


def test_thinking_says_that_it_is_simulated_and_what_was_asked(ask: Ask) -> None:
    [block, _] = read(ask, OLD, "Why is the sky blue?", thinking=ENABLED)["content"]
    assert "simulated" in block["thinking"]
    assert "“Why is the sky blue?”" in block["thinking"]


def test_thinking_tokens_are_output_tokens(ask: Ask) -> None:
    thinking = read(ask, OLD, "Say yes", thinking=ENABLED)["usage"]
    plain = read(ask, OLD, "Say yes")["usage"]
    spent = thinking["output_tokens_details"]["thinking_tokens"]
    assert spent > 20
    assert thinking["output_tokens"] == plain["output_tokens"] + spent


def test_more_effort_or_budget_is_more_thinking(ask: Ask) -> None:
    def count(model: str, **fields: Any) -> int:
        return read(ask, model, **fields)["usage"]["output_tokens_details"]["thinking_tokens"]

    efforts = ["low", "medium", "high", "max"]
    by_effort = [count(BOTH, thinking=ADAPTIVE, output_config={"effort": effort}) for effort in efforts]
    assert by_effort == sorted(set(by_effort))
    budgets = [1024, 2048, 3072]
    by_budget = [count(OLD, thinking={"type": "enabled", "budget_tokens": budget}) for budget in budgets]
    assert by_budget == sorted(set(by_budget))
    assert all(spent <= budget for spent, budget in zip(by_budget, budgets, strict=True))


@pytest.mark.parametrize(
    ("model", "thinking", "is_shown"),
    [
        (OLD, ENABLED, True),
        (OLD, ENABLED | {"display": "omitted"}, False),
        (BOTH, ADAPTIVE, True),
        (NEW, ADAPTIVE, False),
        (NEW, ADAPTIVE | {"display": "summarized"}, True),
    ],
)
def test_display_decides_whether_the_text_is_shown_and_newer_models_omit_it(
    ask: Ask, model: str, thinking: Any, is_shown: bool
) -> None:
    message = read(ask, model, thinking=thinking)
    block = message["content"][0]
    assert bool(block["thinking"]) == is_shown
    assert message["usage"]["output_tokens_details"]["thinking_tokens"] > 20
    assert is_genuine(block["thinking"], block["signature"])


def test_the_documented_test_string_gets_redacted_thinking(ask: Ask) -> None:
    message = read(ask, OLD, TRIGGER_REDACTED_THINKING, thinking=ENABLED)
    assert kinds(message) == ["redacted_thinking", "text"]
    assert "thinking" not in message["content"][0]
    assert kinds(read(ask, OLD, TRIGGER_REDACTED_THINKING)) == ["text"]


@pytest.mark.parametrize(
    ("model", "thinking", "beta", "thinks"),
    [
        (OLD, ENABLED, None, False),
        (OLD, ENABLED, b"interleaved-thinking-2025-05-14", True),
        (BOTH, ADAPTIVE, None, True),
        (BETWEEN, {"type": "between_tools"}, None, True),
    ],
)
def test_after_a_tools_result_only_interleaved_thinking_goes_on(
    ask: Ask, model: str, thinking: Any, beta: bytes | None, thinks: bool
) -> None:
    turns = AFTER_A_TOOL
    if model == OLD:
        signed = read(ask, OLD, "Count.", thinking=ENABLED)["content"][0]
        turns = [turns[0], {"role": "assistant", "content": [signed, *turns[1]["content"]]}, turns[2]]
    message = read(ask, model, messages=turns, tools=[TOOL], thinking=thinking, beta=beta)
    assert kinds(message) == (["thinking", "text"] if thinks else ["text"])


def test_thinking_comes_before_a_tool_call(ask: Ask) -> None:
    assert kinds(read(ask, OLD, "Count.", tools=[TOOL], thinking=ENABLED)) == ["thinking", "tool_use"]


def test_a_forced_call_is_made_without_thinking(ask: Ask) -> None:
    assert kinds(read(ask, NEW, "Count.", tools=[TOOL], tool_choice={"type": "any"})) == ["tool_use"]


def test_max_tokens_can_end_the_thinking_which_is_signed_all_the_same(ask: Ask) -> None:
    message = read(ask, BOTH, thinking=ADAPTIVE, max_tokens=7)
    [block] = message["content"]
    assert message["stop_reason"] == "max_tokens"
    assert message["usage"]["output_tokens"] == 7
    assert is_genuine(block["thinking"], block["signature"])


def test_equal_thinking_of_different_requests_is_signed_differently(ask: Ask) -> None:
    first, second = (read(ask, NEW, text)["content"][0] for text in ("One?", "Two?"))
    assert first["thinking"] == second["thinking"] == ""
    assert first["signature"] != second["signature"]
