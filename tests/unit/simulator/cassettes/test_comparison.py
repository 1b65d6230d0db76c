"""When a request is the recorded one, and how it is told that it is not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.simulator.cassettes.exchanges import make_body

from ingate.domain.redaction import MARK as PATTERN_MARK
from ingate.simulator.cassettes.cassette import MARK
from ingate.simulator.cassettes.comparison import ComparedRequest, describe_differences, prepare_request

TOOL: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string", "description": "A city"}}},
}


def prepare(body: dict[str, Any], *, deployment: str = "my-claude", version: str = "2023-06-01") -> ComparedRequest:
    return prepare_request(method="POST", path="/v1/messages", version=version, deployment_name=deployment, body=body)


def differences(recorded: dict[str, Any], sent: dict[str, Any]) -> tuple[str, ...]:
    return describe_differences(prepare(recorded), prepare(sent))


SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}),
    ({"metadata": {"user_id": "a"}}, {"metadata": {"user_id": "b"}}),
    ({"metadata": {"user_id": "a"}}, {}),
    ({"stream": False}, {}),
    ({"system": "Be brief."}, {"system": [{"type": "text", "text": "Be brief."}]}),
    (
        {"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]},
        {"system": [{"type": "text", "text": "x"}]},
    ),
    ({"tools": [TOOL]}, {"tools": [TOOL | {"description": "Tells the weather"}]}),
    ({"tools": [TOOL, {"name": "b"}]}, {"tools": [{"name": "b", "cache_control": {}}, TOOL]}),
    ({"temperature": 1}, {"temperature": 1.0}),
]
DIFFERENT: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"stream": True}, {}, "stream: recorded true, sent false"),
    ({"max_tokens": 10}, {"max_tokens": 20}, "max_tokens: recorded 10, sent 20"),
    ({}, {"temperature": 0.5}, "temperature: recorded nothing, sent 0.5"),
    ({"top_k": 1}, {}, "top_k: recorded 1, sent nothing"),
    ({"x": True}, {"x": 1}, "x: recorded true, sent 1"),
    ({"x": 0}, {"x": False}, "x: recorded 0, sent false"),
    ({"x": None}, {"x": "a"}, 'x: recorded null, sent "a"'),
    ({"stop_sequences": ["a"]}, {"stop_sequences": ["a", "b"]}, 'stop_sequences.1: recorded nothing, sent "b"'),
    ({"tools": [TOOL]}, {}, 'tools: recorded {"get_weather":{"name":"get_weather","input_schema"'),
    ({"tools": [TOOL]}, {"tools": []}, "tools.get_weather: recorded {"),
    (
        {"tools": [TOOL]},
        {"tools": [TOOL | {"input_schema": {"type": "object", "properties": {}}}]},
        'tools.get_weather.input_schema.properties.city: recorded {"type":"string"}, sent nothing',
    ),
]


@pytest.mark.parametrize(
    ("recorded", "sent"),
    SAME,
    ids=[
        *("order of members", "user id", "no metadata", "not streamed", "system as text", "cache_control"),
        *("wording of tools", "order of tools", "numbers by value"),
    ],
)
def test_what_makes_no_difference(recorded: dict[str, Any], sent: dict[str, Any]) -> None:
    assert differences(make_body(**recorded), make_body(**sent)) == ()


def test_a_text_is_short_for_one_text_block_in_messages_and_tool_results() -> None:
    short = make_body() | {
        "messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "18"}]}]
    }
    long_result = [{"type": "text", "text": "18", "cache_control": {"type": "ephemeral"}}]
    long = make_body() | {
        "messages": [
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": long_result}]}
        ]
    }
    assert differences(short, long) == ()


@pytest.mark.parametrize(("recorded", "sent", "told"), DIFFERENT)
def test_what_makes_a_difference(recorded: dict[str, Any], sent: dict[str, Any], told: str) -> None:
    [difference] = differences(make_body(**recorded), make_body(**sent))
    assert difference.startswith(told)


def test_a_tool_may_have_a_property_called_description() -> None:
    described: dict[str, Any] = {"name": "t", "input_schema": {"properties": {"description": {"type": "string"}}}}
    other: dict[str, Any] = {"name": "t", "input_schema": {"properties": {}}}
    assert differences(make_body(tools=[described]), make_body(tools=[other])) != ()


def test_a_tools_input_is_compared_as_it_is() -> None:
    """`cache_control` and a text under `content` mean nothing there."""

    def call(tool_input: dict[str, Any]) -> dict[str, Any]:
        block = {"type": "tool_use", "id": "t", "name": "n", "input": tool_input}
        return make_body() | {"messages": [{"role": "assistant", "content": [block]}]}

    assert differences(call({"cache_control": 1}), call({})) != ()
    assert differences(call({"content": "a"}), call({"content": [{"type": "text", "text": "a"}]})) != ()


def test_a_changed_prompt_is_quoted_where_it_changed() -> None:
    before = "word " * 200
    [difference] = differences(make_body(f"{before}Paris {before}"), make_body(f"{before}Rome {before}"))
    path, _, told = difference.partition(": ")
    assert path == "messages.0.content.0.text"
    assert told.startswith('recorded "…')
    assert '"…ord word word word word Paris word' in told
    assert '"…ord word word word word Rome word' in told
    assert len(told) < 250


def test_another_turn_is_told_once() -> None:
    assert differences(make_body("a"), make_body("a", "b", "c")) == ("messages: recorded 1, sent 3",)


def test_the_model_is_the_same_by_the_deployments_name_or_by_what_it_stands_for() -> None:
    recorded = prepare(make_body(model="claude-a"), deployment="team")
    assert recorded.fits(prepare(make_body(model="claude-b"), deployment="team"))
    assert recorded.fits(prepare(make_body(model="claude-a"), deployment="other"))
    sent = prepare(make_body(model="claude-b"), deployment="other")
    assert describe_differences(recorded, sent) == ('model: recorded "team (claude-a)", sent "other (claude-b)"',)


def test_without_deployments_names_the_model_decides() -> None:
    recorded = prepare(make_body(model="claude-a"), deployment="")
    assert not recorded.fits(prepare(make_body(model="claude-b"), deployment=""))


def test_another_version_of_the_api_is_another_request() -> None:
    told = describe_differences(prepare(make_body()), prepare(make_body(), version="2026-10-21"))
    assert told == ('anthropic-version: recorded "2023-06-01", sent "2026-10-21"',)


# What was redacted


def test_the_mark_is_the_one_that_patterns_leave() -> None:
    assert MARK == PATTERN_MARK


@pytest.mark.parametrize("sent", ["a text", [{"type": "text", "text": "x"}], None, 5])
def test_a_redacted_field_matches_anything(sent: object) -> None:
    assert differences(make_body(system=MARK), make_body(system=sent)) == ()


@pytest.mark.parametrize(
    ("recorded", "sent", "fits"),
    [
        (f"key {MARK}.", "key abc.", True),
        (f"key {MARK}.", "key .", True),
        (f"key {MARK}.", "key abc", False),
        (f"key {MARK}.", "Key abc.", False),
        (f"a{MARK}b{MARK}c", "a-b-b-c", True),
        (f"a{MARK}b{MARK}c", "a--c", False),
        (f"ab{MARK}ba", "aba", False),
        (f"{MARK}{MARK}", "", True),
    ],
)
def test_around_a_redacted_part_the_text_has_to_be_the_same(recorded: str, sent: str, fits: bool) -> None:
    assert (differences(make_body(recorded), make_body(sent)) == ()) is fits
