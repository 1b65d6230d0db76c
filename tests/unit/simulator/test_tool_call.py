"""When a tool is called: once for a fresh question, and never again straight after its result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.simulator.conftest import Ask

from ingate.simulator.fingerprint import Fingerprint
from ingate.simulator.request import parse_messages_request
from ingate.simulator.tool_call import decide_tool_calls

FIRST = {"name": "first", "input_schema": {"type": "object"}}
SECOND = {"name": "second", "input_schema": {"type": "object"}}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}
SERVER_TOOL = {"type": "web_search_20250305", "name": "web_search"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "42 sheep"}]}


QUESTION = {"role": "user", "content": "Count the sheep."}


def called(*places: int) -> dict[str, Any]:
    calls: list[dict[str, Any]] = [
        {"type": "tool_use", "id": f"toolu_{place}", "name": "first", "input": {}} for place in places
    ]
    return {"role": "assistant", "content": calls}


def read_message(ask: Ask, content: Any = "Count the sheep.", **fields: Any) -> dict[str, Any]:
    body = {
        "model": "claude-sonnet-4-5",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": content}],
    } | fields
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
    fields = {"tool_choice": choice} if choice else {}
    assert get_called(read_message(ask, tools=[FIRST, SECOND], **fields)) == called


@pytest.mark.parametrize("choice", [{"type": "auto"}, {"type": "any"}, {"type": "tool", "name": "first"}])
def test_after_a_tool_result_comes_text_that_mentions_it(ask: Ask, choice: Any) -> None:
    turns = [QUESTION, called(1), {"role": "user", "content": [RESULT]}]
    message = read_message(ask, messages=turns, tools=[FIRST], tool_choice=choice)
    assert message["stop_reason"] == "end_turn"
    assert "“42 sheep”" in message["content"][0]["text"]


def test_a_result_of_an_earlier_turn_does_not_count(ask: Ask) -> None:
    turns = [
        QUESTION,
        called(1),
        {"role": "user", "content": [RESULT]},
        {"role": "assistant", "content": "There are 42."},
        {"role": "user", "content": "Count them again."},
    ]
    assert get_called(read_message(ask, tools=[FIRST], messages=turns)) == "first"


def test_a_servers_tool_is_not_the_clients_to_run(ask: Ask) -> None:
    message = read_message(ask, tools=[SERVER_TOOL])
    assert all(block["type"] != "tool_use" for block in message["content"])
    assert message["stop_reason"] == "end_turn"


def test_calls_have_claudes_ids_and_say_that_nothing_but_the_model_made_them(ask: Ask) -> None:
    [block] = read_message(ask, tools=[FIRST])["content"]
    assert block["id"].startswith("toolu_01")
    assert len(block["id"]) == len("toolu_") + 24
    assert block["input"] == {}
    assert block["caller"] == {"type": "direct"}


def test_a_call_that_max_tokens_cuts_off_has_no_arguments(ask: Ask) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    message = read_message(ask, tools=[{"name": "f", "input_schema": schema}], max_tokens=5)
    assert (message["stop_reason"], message["content"][0]["input"]) == ("max_tokens", {})
    assert message["usage"]["output_tokens"] == 5


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "input_schema": CITY}
TIME = {"name": "get_time", "input_schema": CITY}


def list_calls(message: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(block["name"], block["input"]) for block in message["content"] if block["type"] == "tool_use"]


def test_tools_that_the_text_names_are_called_in_its_order_each_with_what_follows_its_name(ask: Ask) -> None:
    text = 'Call get_time for "Rome", get_weather for "Oslo" and get_weather for "Lima".'
    message = read_message(ask, text, tools=[WEATHER, TIME])
    assert list_calls(message) == [
        ("get_time", {"city": "Rome"}),
        ("get_weather", {"city": "Oslo"}),
        ("get_weather", {"city": "Lima"}),
    ]
    ids = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
    assert len(set(ids)) == 3


def test_named_calls_are_introduced_by_a_sentence_and_forced_ones_are_not(ask: Ask) -> None:
    asked = {"tools": [WEATHER], "content": "Use get_weather."}
    introduced = read_message(ask, **asked)["content"]
    assert [block["type"] for block in introduced] == ["text", "tool_use"]
    assert "get_weather" in introduced[0]["text"]
    forced = read_message(ask, **asked, tool_choice={"type": "any"})["content"]
    assert [block["type"] for block in forced] == ["tool_use"]


@pytest.mark.parametrize("choice", ["auto", "any"])
def test_without_parallel_calls_the_first_of_them_is_made(ask: Ask, choice: str) -> None:
    one_by_one = {"type": choice, "disable_parallel_tool_use": True}
    message = read_message(ask, "get_time, then get_weather", tools=[WEATHER, TIME], tool_choice=one_by_one)
    assert [name for name, _ in list_calls(message)] == ["get_time"]


def test_the_same_call_is_not_made_twice(ask: Ask) -> None:
    message = read_message(ask, "get_time get_time get_time", tools=[TIME])
    assert list_calls(message) == [("get_time", {"city": "simulated"})]


@pytest.mark.parametrize("text", ["What does get_weather say?", "Get weather now", "GET WEATHER", "`get_weather`"])
def test_a_name_may_be_written_with_blanks(ask: Ask, text: str) -> None:
    assert list_calls(read_message(ask, text, tools=[TIME, WEATHER])) == [("get_weather", {"city": "simulated"})]


@pytest.mark.parametrize("text", ["forget_weather", "get_weather_map", "get-weather-map"])
def test_part_of_a_word_is_no_name(ask: Ask, text: str) -> None:
    assert [name for name, _ in list_calls(read_message(ask, text, tools=[TIME, WEATHER]))] == ["get_time"]


def test_a_tool_of_the_clients_that_anthropic_defines_is_called_with_fitting_arguments(ask: Ask) -> None:
    message = read_message(ask, "List the files.", tools=[{"type": "bash_20250124", "name": "bash"}])
    [(name, arguments)] = list_calls(message)
    assert name == "bash"
    assert isinstance(arguments["command"], str)


def test_a_tool_that_only_code_may_call_is_not_called(ask: Ask) -> None:
    for_code = FIRST | {"allowed_callers": ["code_execution_20250825"]}
    message = read_message(ask, tools=[for_code, SECOND])
    assert [name for name, _ in list_calls(message)] == ["second"]


def test_code_calls_a_tool_with_itself_as_the_caller(ask: Ask) -> None:
    for_code = FIRST | {"allowed_callers": ["code_execution_20250825"]}
    message = read_message(ask, tools=[CODE, for_code])
    run, call = (block for block in message["content"] if block["type"] in ("server_tool_use", "tool_use"))
    assert message["stop_reason"] == "tool_use"
    assert call["caller"] == {"type": "code_execution_20250825", "tool_id": run["id"]}


def test_a_deferred_tool_is_called_once_a_search_has_found_it() -> None:
    deferred = FIRST | {"defer_loading": True}
    reference = {"type": "tool_reference", "tool_name": "first"}
    found = {"type": "tool_search_tool_search_result", "tool_references": [reference]}
    searched = {"type": "tool_search_tool_result", "tool_use_id": "srvtoolu_1", "content": found}
    earlier = [QUESTION, {"role": "assistant", "content": [searched]}, QUESTION]

    def list_names(messages: list[dict[str, Any]], found_tools: tuple[str, ...] = ()) -> list[object]:
        body: dict[str, Any] = {
            "model": "claude-sonnet-4-5",
            "max_tokens": 9,
            "messages": messages,
            "tools": [deferred],
        }
        calls = decide_tool_calls(
            parse_messages_request(body), Fingerprint(digest=bytes(64)), found_tools=found_tools
        )
        return [call["name"] for call in calls]

    assert list_names([QUESTION]) == []
    assert list_names([QUESTION], ("first",)) == ["first"]
    assert list_names(earlier) == ["first"]


def test_all_results_of_a_turn_are_quoted_and_errors_as_such(ask: Ask) -> None:
    failed = {"type": "tool_result", "tool_use_id": "toolu_2", "content": "no goats", "is_error": True}
    turns = [QUESTION, called(1, 2), {"role": "user", "content": [RESULT, failed]}]
    text = read_message(ask, tools=[FIRST], messages=turns)["content"][0]["text"]
    assert "returned “42 sheep”" in text
    assert "failed with “no goats”" in text


def test_what_an_agent_reminds_the_model_of_is_no_request(ask: Ask) -> None:
    """Claude Code sends such blocks beside its user's words; they name tools, and ask for none."""
    reminder = {"type": "text", "text": "<system-reminder>Use first when it helps.</system-reminder>"}
    asked = [reminder, {"type": "text", "text": "Call second, please."}]
    assert read_message(ask, asked, tools=[FIRST, SECOND])["content"][-1]["name"] == "second"
    assert get_called(read_message(ask, [reminder], tools=[FIRST])) is None
