"""When a tool is called: once for a fresh question, and never again straight after its result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.simulator.conftest import Ask

FIRST = {"name": "first", "input_schema": {"type": "object"}}
SECOND = {"name": "second", "input_schema": {"type": "object"}}
SERVER_TOOL = {"type": "web_search_20250305", "name": "web_search"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "42 sheep"}]}


def read_message(ask: Ask, content: Any = "Count the sheep.", **fields: Any) -> dict[str, Any]:
    body = {"model": "m", "max_tokens": 500, "messages": [{"role": "user", "content": content}]} | fields
    [(_, message)] = ask(body).chunks
    return json.loads(message)


def get_called(message: dict[str, Any]) -> str | None:
    [block] = message["content"]
    assert (block["type"] == "tool_use") == (message["stop_reason"] == "tool_use")
    return block.get("name")


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        (None, "first"),
        ({"type": "auto"}, "first"),
        ({"type": "any"}, "first"),
        ({"type": "tool", "name": "second"}, "second"),
        ({"type": "none"}, None),
    ],
)
def test_tool_choice_decides_which_tool_is_called(ask: Ask, choice: Any, called: str | None) -> None:
    assert get_called(read_message(ask, tools=[FIRST, SECOND], tool_choice=choice)) == called


@pytest.mark.parametrize("choice", [{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "first"}])
def test_after_a_tool_result_comes_text_that_mentions_it(ask: Ask, choice: Any) -> None:
    message = read_message(ask, [RESULT], tools=[FIRST], tool_choice=choice)
    assert message["stop_reason"] == "end_turn"
    assert "“42 sheep”" in message["content"][0]["text"]


def test_a_result_of_an_earlier_turn_does_not_count(ask: Ask) -> None:
    turns = [
        {"role": "user", "content": [RESULT]},
        {"role": "assistant", "content": "There are 42."},
        {"role": "user", "content": "Count them again."},
    ]
    assert get_called(read_message(ask, tools=[FIRST], messages=turns)) == "first"


def test_a_servers_tool_is_not_the_clients_to_run(ask: Ask) -> None:
    assert get_called(read_message(ask, tools=[SERVER_TOOL])) is None
    assert get_called(read_message(ask, tools=[SERVER_TOOL, FIRST])) == "first"


def test_calls_have_claudes_ids_and_their_arguments_are_an_object(ask: Ask) -> None:
    [block] = read_message(ask, tools=[FIRST])["content"]
    assert block["id"].startswith("toolu_01")
    assert len(block["id"]) == len("toolu_") + 24
    assert block["input"] == {}


def test_a_call_that_max_tokens_cuts_off_has_no_arguments(ask: Ask) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    message = read_message(ask, tools=[{"name": "f", "input_schema": schema}], max_tokens=5)
    assert (message["stop_reason"], message["content"][0]["input"]) == ("max_tokens", {})
    assert message["usage"]["output_tokens"] == 5
