"""The simulator as its caller sees it: what an answer says, and that it says it every time."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulator.conftest import Ask

from ingate.simulator.simulator import SimulatedAnswer, SimulatorSettings

QUESTION: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Why is the sky blue?"}],
}


def saying(text: str, **fields: Any) -> dict[str, Any]:
    return QUESTION | {"messages": [{"role": "user", "content": text}]} | fields


def read(answer: SimulatedAnswer) -> dict[str, Any]:
    return json.loads(b"".join(piece for _, piece in answer.chunks))


def test_an_answer_says_that_it_is_simulated_and_what_was_asked_of_whom(ask: Ask) -> None:
    answer = ask(QUESTION)
    message = read(answer)
    text = message["content"][0]["text"]
    assert answer.status == 200
    assert dict(answer.headers)[b"content-type"] == b"application/json"
    assert "simulated" in text
    assert "Why is the sky blue?" in text
    assert "claude-sonnet-4-5" in text
    assert 100 < len(text) < 1000
    assert message["model"] == "claude-sonnet-4-5"
    assert (message["type"], message["role"]) == ("message", "assistant")
    assert (message["stop_reason"], message["stop_sequence"]) == ("end_turn", None)


def test_ids_look_like_claudes(ask: Ask) -> None:
    answer = ask(QUESTION)
    assert re.fullmatch(r"msg_01[1-9A-Za-z]{22}", read(answer)["id"])
    assert re.fullmatch(rb"req_01[1-9A-Za-z]{22}", dict(answer.headers)[b"request-id"])


def test_the_same_request_and_settings_get_the_same_bytes(ask: Ask) -> None:
    streamed = QUESTION | {"stream": True}
    for body, padded in itertools.product((QUESTION, streamed), (False, True)):
        settings = SimulatorSettings(pad_data_lines=padded)
        first, second = ask(body, settings=settings), ask(body, settings=settings)
        assert first.headers == second.headers
        assert list(first.chunks) == list(second.chunks)


def test_another_seed_gives_another_answer(ask: Ask) -> None:
    one, other = (read(ask(QUESTION, settings=SimulatorSettings(seed=seed))) for seed in (1, 2))
    assert one["id"] != other["id"]


def test_usage_has_every_count_that_foundry_reports(ask: Ask) -> None:
    usage = read(ask(QUESTION))["usage"]
    assert usage.pop("input_tokens") > 7
    assert usage.pop("output_tokens") > 20
    assert usage == {
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }


def test_count_tokens_agrees_with_the_usage_of_the_same_request(ask: Ask) -> None:
    body = saying("Count me.", system="Be brief.", tools=[{"name": "f", "input_schema": {"type": "object"}}])
    counted = {name: value for name, value in body.items() if name != "max_tokens"}
    answer = ask(counted, path=b"/v1/messages/count_tokens")
    assert read(answer) == {"input_tokens": read(ask(body))["usage"]["input_tokens"]}


def test_max_tokens_cuts_the_text_and_is_spent_in_full(ask: Ask) -> None:
    whole = read(ask(QUESTION))["content"][0]["text"]
    message = read(ask(saying("Why is the sky blue?", max_tokens=5)))
    assert message["stop_reason"] == "max_tokens"
    assert message["usage"]["output_tokens"] == 5
    assert 5 <= len(message["content"][0]["text"]) < len(whole)


def test_repeat_puts_a_text_into_the_answer_so_that_a_stop_sequence_can_be_met(ask: Ask) -> None:
    assert read(ask(saying("Repeat: one END two")))["content"][0]["text"] == "Simulated answer: one END two"
    message = read(ask(saying("Repeat: one END two", stop_sequences=["two", "END"])))
    assert message["content"][0]["text"] == "Simulated answer: one "
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "END")


@pytest.mark.parametrize("asked", ["Say hello", "say: hello", "Please repeat after me: hello", "ECHO hello"])
def test_there_are_several_ways_to_ask_for_a_text(ask: Ask, asked: str) -> None:
    assert read(ask(saying(asked)))["content"][0]["text"] == "Simulated answer: hello"


def test_a_stop_sequence_before_everything_else_leaves_no_content(ask: Ask) -> None:
    message = read(ask(saying("Say hello", stop_sequences=["Sim"])))
    assert (message["content"], message["stop_sequence"]) == ([], "Sim")


def test_time_is_spent_before_the_first_piece_and_by_the_token(ask: Ask) -> None:
    paced = SimulatorSettings(time_to_first_token=0.5, tokens_per_second=100)
    message = ask(QUESTION, settings=paced)
    seconds = sum(wait for wait, _ in message.chunks)
    output_tokens = read(ask(QUESTION))["usage"]["output_tokens"]
    assert seconds == pytest.approx(0.5 + output_tokens / 100)
    streamed = list(ask(saying("Why is the sky blue?", stream=True), settings=paced).chunks)
    assert streamed[0][0] == 0.5
    assert sum(wait for wait, _ in streamed) == pytest.approx(seconds, rel=0.2)


def test_another_path_is_not_found(ask: Ask) -> None:
    answer = ask(QUESTION, path=b"/v1/models")
    assert (answer.status, read(answer)["error"]["type"]) == (404, "not_found_error")


def test_a_refusal_names_the_request_that_it_refuses(ask: Ask) -> None:
    answer = ask(b"{")
    error = read(answer)
    assert answer.status == 400
    assert error["type"] == "error"
    assert error["error"]["type"] == "invalid_request_error"
    assert error["request_id"].encode() == dict(answer.headers)[b"request-id"]


def test_the_version_header_is_found_whatever_its_case(ask: Ask) -> None:
    answer = ask(QUESTION, version=None, extra_headers=[(b"Anthropic-Version", b"2026-10-21")])
    assert answer.status == 200


WORDS = [
    *("type", "text", "source", "content", "name", "input", "input_schema", "tool_use_id", "cache_control"),
    *("properties", "required", "items", "prefixItems", "minItems", "allOf", "anyOf", "$ref", "enum", "const"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "pattern"),
]
KEYS = st.sampled_from(WORDS) | st.text(max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)
FIELDS = st.dictionaries(
    st.sampled_from(["system", "tools", "tool_choice", "stop_sequences", "thinking", "output_config", "stream"]),
    JSON,
)
SCHEMAS = st.dictionaries(KEYS, JSON, max_size=6)
BLOCKS = st.dictionaries(KEYS, JSON, max_size=4).map(lambda block: block | {"text": "x"})


@given(fields=FIELDS, content=JSON | st.lists(BLOCKS), schema=SCHEMAS, is_streamed=st.booleans())
@settings(deadline=None)
def test_any_json_is_answered_or_refused_and_never_breaks_the_simulator(
    ask: Ask, fields: dict[str, Any], content: Any, schema: dict[str, Any], is_streamed: bool
) -> None:
    tool = {"name": "f", "input_schema": {"type": "object", "properties": {"it": schema}, "required": ["it"]}}
    asked = {"messages": [{"role": "user", "content": content}], "tools": [tool], "stream": is_streamed}
    for body in (QUESTION | asked, QUESTION | fields, saying("Say x", tools=[tool], stream=is_streamed)):
        answer = ask(body)
        pieces = [piece for _, piece in answer.chunks]
        assert answer.status in (200, 400)
        assert all(pieces)
