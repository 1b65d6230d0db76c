"""Context editing: which tool results and thinking make way, when, and what the answer says of it."""

from __future__ import annotations

from typing import Any

import pytest

from ingate.simulator.accounting.context_editing import manage_context, render_count_management
from ingate.simulator.accounting.tokens import count_input_tokens
from ingate.simulator.accounting.tool_clearing import PLACEHOLDER

MODEL = "claude-sonnet-4-5"
OUTPUT = "A line of what the tool found. " * 100
"""About 700 tokens."""


def use_tool(number: int, name: str = "read") -> list[dict[str, Any]]:
    tool_use_id = f"toolu_{number}"
    call = {"type": "tool_use", "id": tool_use_id, "name": name, "input": {"path": f"/file/{number}"}}
    result = {"type": "tool_result", "tool_use_id": tool_use_id, "content": OUTPUT}
    return [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]


def make_body(uses: int, edit: dict[str, Any] | None, *, names: tuple[str, ...] = ("read",)) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Look at the files."}]
    for number in range(uses):
        messages += use_tool(number, names[number % len(names)])
    body: dict[str, Any] = {"model": MODEL, "messages": messages}
    return body | {"context_management": {"edits": [edit]}} if edit else body


def clear(**options: Any) -> dict[str, Any]:
    return {"type": "clear_tool_uses_20250919"} | options


def tokens(value: int) -> dict[str, Any]:
    return {"type": "input_tokens", "value": value}


def tool_uses(value: int) -> dict[str, Any]:
    return {"type": "tool_uses", "value": value}


def get_results(body: Any) -> list[Any]:
    blocks = [block for message in body["messages"] if message["role"] == "user" for block in message["content"]]
    return [block["content"] for block in blocks if isinstance(block, dict)]


@pytest.mark.parametrize(
    ("edit", "cleared"),
    [
        (clear(), 0),
        (clear(trigger=tokens(3_000)), 3),
        (clear(trigger=tokens(30_000)), 0),
        (clear(trigger=tool_uses(5)), 3),
        (clear(trigger=tool_uses(6)), 0),
        (clear(trigger=tokens(3_000), keep=tool_uses(1)), 5),
        (clear(trigger=tokens(3_000), keep=tool_uses(0)), 6),
        (clear(trigger=tokens(3_000), keep=tool_uses(9)), 0),
        (clear(trigger=tokens(3_000), clear_at_least=tokens(1_500)), 3),
        (clear(trigger=tokens(3_000), clear_at_least=tokens(2_500)), 0),
    ],
    ids=str,
)
def test_of_six_tool_results_so_many_are_cleared(edit: dict[str, Any], cleared: int) -> None:
    managed = manage_context(make_body(6, edit))
    placeholders = [result == PLACEHOLDER for result in get_results(managed.body)]
    assert placeholders == [True] * cleared + [False] * (6 - cleared)
    assert [applied["cleared_tool_uses"] for applied in managed.applied_edits] == ([cleared] if cleared else [])


def test_the_answer_reports_what_was_gained() -> None:
    managed = manage_context(make_body(6, clear(trigger=tokens(3_000))))
    gained = managed.original_input_tokens - managed.input_tokens
    assert managed.applied_edits == (
        {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 3, "cleared_input_tokens": gained},
    )
    assert 1_500 < gained < 2_500
    assert managed.input_tokens == count_input_tokens(managed.body)


def test_tools_that_are_excluded_keep_their_results() -> None:
    edit = clear(trigger=tokens(3_000), keep=tool_uses(0), exclude_tools=["remember"])
    managed = manage_context(make_body(6, edit, names=("read", "remember")))
    assert [result == PLACEHOLDER for result in get_results(managed.body)] == [True, False] * 3


@pytest.mark.parametrize(
    ("option", "emptied"),
    [(None, 0), (False, 0), (True, 4), (["read"], 2), (["write"], 0)],
)
def test_calls_lose_their_input_only_when_asked(option: Any, emptied: int) -> None:
    edit = clear(trigger=tokens(3_000), keep=tool_uses(2), clear_tool_inputs=option)
    managed: Any = manage_context(make_body(6, edit, names=("read", "list")))
    calls = [message["content"][0] for message in managed.body["messages"] if message["role"] == "assistant"]
    assert sum(call["input"] == {} for call in calls) == emptied


def test_the_request_itself_stays_as_it_was() -> None:
    body = make_body(6, clear(trigger=tokens(3_000)))
    manage_context(body)
    assert get_results(body) == [OUTPUT] * 6


def test_a_servers_tool_results_are_cleared_too() -> None:
    body: dict[str, Any] = make_body(1, clear(trigger=tool_uses(0), keep=tool_uses(0)))
    found = {
        "type": "web_search_result",
        "url": "https://example.com",
        "title": "t",
        "encrypted_content": "QUJD" * 999,
    }
    body["messages"][1]["content"] = [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [found]},
    ]
    del body["messages"][2]
    managed: Any = manage_context(body)
    assert managed.body["messages"][1]["content"][1]["content"] == PLACEHOLDER
    assert managed.applied_edits[0]["cleared_input_tokens"] > 400


THOUGHT = {"type": "thinking", "thinking": "Let me think about this. " * 40, "signature": "c2ln"}


def make_thinking_body(edit: dict[str, Any], model: str = MODEL) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for number in range(4):
        messages += [
            {"role": "user", "content": f"Question {number}"},
            {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Answer"}]},
        ]
    messages.append({"role": "user", "content": "And now?"})
    thinking = {"type": "enabled", "budget_tokens": 1_024}
    return {"model": model, "messages": messages, "thinking": thinking, "context_management": {"edits": [edit]}}


@pytest.mark.parametrize(
    ("model", "keep", "cleared"),
    [
        ("claude-opus-4-5", None, 0),
        ("claude-sonnet-4-5", None, 4),
        ("claude-sonnet-4-5", "all", 0),
        ("claude-sonnet-4-5", {"type": "all"}, 0),
        ("claude-opus-4-5", {"type": "thinking_turns", "value": 1}, 3),
        ("claude-opus-4-5", {"type": "thinking_turns", "value": 9}, 0),
    ],
)
def test_of_four_turns_with_thinking_so_many_lose_it(model: str, keep: Any, cleared: int) -> None:
    edit = {"type": "clear_thinking_20251015"} | ({"keep": keep} if keep else {})
    managed = manage_context(make_thinking_body(edit, model))
    assert sum(int(str(applied["cleared_thinking_turns"])) for applied in managed.applied_edits) == cleared
    gained = managed.original_input_tokens - managed.input_tokens
    assert gained == pytest.approx(cleared * 240, rel=0.2)


def test_both_edits_report_in_the_order_in_which_they_are_applied() -> None:
    body = make_body(6, None)
    body["messages"][1]["content"].insert(0, THOUGHT)
    body["messages"] += [
        {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Done."}]},
        {"role": "user", "content": "Thanks."},
    ]
    keep_one = {"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 1}}
    body["thinking"] = {"type": "enabled", "budget_tokens": 1_024}
    body["messages"].insert(3, {"role": "user", "content": "Go on."})
    body["context_management"] = {"edits": [keep_one, clear(trigger=tokens(3_000))]}
    managed = manage_context(body)
    kinds = [applied["type"] for applied in managed.applied_edits]
    assert kinds == ["clear_thinking_20251015", "clear_tool_uses_20250919"]
    gained = sum(int(str(applied["cleared_input_tokens"])) for applied in managed.applied_edits)
    assert gained == managed.original_input_tokens - managed.input_tokens


def test_count_tokens_says_what_the_context_was_before() -> None:
    managed = manage_context(make_body(6, clear(trigger=tokens(3_000))), compacts=False)
    assert render_count_management(managed) == {"original_input_tokens": managed.original_input_tokens}
    assert render_count_management(manage_context(make_body(6, None))) is None
