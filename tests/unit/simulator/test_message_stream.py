"""Streams: the grammar of real ones, the content and usage of the JSON answer, and the official client's approval."""

from __future__ import annotations

import json
import statistics
from itertools import pairwise
from typing import Any

import anthropic
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.simulator.conftest import Ask

from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.message_stream import DELTA_LENGTHS, INPUT_DELTA_LENGTHS
from ingate.simulator.simulator import SimulatedAnswer, Simulator, SimulatorSettings

DEPLOYMENT = "team-assistant"
"""No model's name: the client warns of models that will be retired."""

TOOL = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
        "required": ["city", "days"],
    },
}


def body_of(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": text}],
    } | fields


def parse_events(answer: SimulatedAnswer) -> list[dict[str, Any]]:
    """One event a piece, `event:` and `data:` lines agreeing on its type."""
    events: list[dict[str, Any]] = []
    for _, piece in answer.chunks:
        name, data, *rest = piece.decode().split("\n")
        assert rest == ["", ""]
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def read_stream(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Checks the grammar strictly and returns the message that the events tell."""
    start, *middle, delta, stop = events
    assert start["type"] == "message_start"
    assert delta["type"] == "message_delta"
    assert stop == {"type": "message_stop"}
    message = start["message"]
    assert (message["content"], message["stop_reason"], message["stop_sequence"]) == ([], None, None)
    assert 1 <= message["usage"]["output_tokens"] <= delta["usage"]["output_tokens"]
    content = [read_block(middle)] if middle else []
    return message | delta["delta"] | {"content": content, "usage": message["usage"] | delta["usage"]}


def read_block(events: list[dict[str, Any]]) -> dict[str, Any]:
    start, ping, *deltas, stop = events
    assert (start["type"], ping, stop["type"]) == (
        "content_block_start",
        {"type": "ping"},
        "content_block_stop",
    )
    assert {event["index"] for event in (start, stop, *deltas)} == {0}
    assert {event["type"] for event in deltas} <= {"content_block_delta"}
    block = start["content_block"]
    if block["type"] == "text":
        assert block["text"] == ""
        return block | {"text": "".join(read_delta(event, "text_delta", "text") for event in deltas)}
    first, *rest = (read_delta(event, "input_json_delta", "partial_json") for event in deltas)
    assert (block["input"], first) == ({}, "")
    return block | {"input": json.loads("".join(rest) or "{}")}


def read_delta(event: dict[str, Any], kind: str, member: str) -> str:
    assert set(event["delta"]) == {"type", member}
    assert event["delta"]["type"] == kind
    return event["delta"][member]


def without_id(message: dict[str, Any]) -> dict[str, Any]:
    """The message but for what is derived from the request's bytes, where `stream` is one of them."""
    content = [block | {"id": ""} if block["type"] == "tool_use" else block for block in message["content"]]
    return message | {"id": "", "content": content}


def test_a_stream_begins_with_the_message_a_block_and_a_ping_and_ends_in_order(ask: Ask) -> None:
    answer = ask(body_of("Repeat: a text that takes several deltas", stream=True))
    assert (answer.status, dict(answer.headers)[b"content-type"]) == (
        200,
        b"text/event-stream; charset=utf-8",
    )
    kinds = [event["type"] for event in parse_events(answer)]
    assert kinds[:4] == ["message_start", "content_block_start", "ping", "content_block_delta"]
    assert kinds[-4:] == ["content_block_delta", "content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("ping") == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


@given(
    text=TEXTS,
    max_tokens=st.integers(1, 120),
    stop_sequences=st.lists(TEXTS.filter(str.strip), max_size=3),
    stop_at=st.none() | st.integers(0, 60),
    tool_choice=st.sampled_from([None, "auto", "any", "none"]),
    pad=st.booleans(),
    seed=st.integers(0, 5),
)
@settings(deadline=None)
def test_whatever_the_limits_a_stream_keeps_the_grammar_and_tells_what_json_tells(
    text: str,
    max_tokens: int,
    stop_sequences: list[str],
    stop_at: int | None,
    tool_choice: str | None,
    pad: bool,
    seed: int,
) -> None:
    prompt = f"Repeat: {text}"
    if stop_at is not None and (likely := prompt[stop_at : stop_at + 4]).strip():
        stop_sequences = [*stop_sequences, likely]
    tools = {"tools": [TOOL], "tool_choice": {"type": tool_choice}} if tool_choice else {}
    body = body_of(prompt, max_tokens=max_tokens, stop_sequences=stop_sequences, **tools)
    # Wording depends on the digest of the whole body, and so on `stream`; an echo and a call do not.
    simulator = Simulator(settings=SimulatorSettings(seed=seed, pad_data_lines=pad))

    def answer(**fields: Any) -> SimulatedAnswer:
        return simulator.answer(
            SimulatorRequest(
                path=b"/v1/messages",
                headers=[(b"anthropic-version", b"2026-10-21")],
                body=json.dumps(body | fields).encode(),
            )
        )

    [(_, whole)] = answer(stream=False).chunks
    message = json.loads(whole)
    assert without_id(read_stream(parse_events(answer(stream=True)))) == without_id(message)
    assert 1 <= message["usage"]["output_tokens"] <= max_tokens
    for block in message["content"]:
        assert not any(stop in block.get("text", "") for stop in stop_sequences)
    assert (message["stop_reason"] == "stop_sequence") == (message["stop_sequence"] in stop_sequences)


def test_deltas_have_the_sizes_of_recorded_ones() -> None:
    assert (statistics.median(DELTA_LENGTHS), statistics.mean(DELTA_LENGTHS)) == (12, 18)
    assert (statistics.median(INPUT_DELTA_LENGTHS), round(statistics.mean(INPUT_DELTA_LENGTHS))) == (6, 6)


def test_a_cut_off_tool_call_streams_no_arguments(ask: Ask) -> None:
    body = body_of("Weather?", tools=[TOOL], max_tokens=3, stream=True)
    message = read_stream(parse_events(ask(body)))
    assert message["content"][0]["input"] == {}
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 3)


def test_padding_varies_and_changes_nothing_but_white_space(ask: Ask) -> None:
    body = body_of("Repeat: " + "many words " * 40, stream=True)
    plain = [piece for _, piece in ask(body).chunks]
    padded = [piece for _, piece in ask(body, settings=SimulatorSettings(pad_data_lines=True)).chunks]
    lengths = {len(with_space) - len(without) for with_space, without in zip(padded, plain, strict=True)}
    assert len(lengths) > 5
    assert [piece.replace(b" ", b"") for piece in padded] == [piece.replace(b" ", b"") for piece in plain]


def test_events_are_made_when_asked_for_so_that_a_slow_stream_is_small(ask: Ask) -> None:
    answer = ask(body_of("Repeat: " + "word " * 300, stream=True))
    assert iter(answer.chunks) is answer.chunks
    waiting = list(pairwise(answer.chunks))
    assert len(waiting) > 60
    assert list(answer.chunks) == []


@pytest.fixture
def client() -> anthropic.AnthropicFoundry:
    """The official client, with the simulator where the network would be."""
    simulator = Simulator(settings=SimulatorSettings(pad_data_lines=True))

    def respond(request: httpx2.Request) -> httpx2.Response:
        answer = simulator.answer(
            SimulatorRequest(
                path=request.url.raw_path.partition(b"?")[0].removeprefix(b"/anthropic"),
                query=request.url.query,
                headers=request.headers.raw,
                body=request.content,
            )
        )
        content = b"".join(piece for _, piece in answer.chunks)
        return httpx2.Response(answer.status, headers=list(answer.headers), content=content)

    return anthropic.AnthropicFoundry(
        api_key="any",
        base_url="http://example.invalid/anthropic",
        max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(respond)),
    )


def test_the_official_client_accumulates_a_text_stream(client: anthropic.AnthropicFoundry) -> None:
    with client.messages.stream(
        model=DEPLOYMENT,
        max_tokens=100,
        messages=[{"role": "user", "content": "Repeat: naïve café 🎉 END never"}],
        stop_sequences=["END"],
    ) as stream:
        text = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert text == "Simulated answer: naïve café 🎉 "
    assert message.content[0].model_dump(include={"type", "text"}) == {"type": "text", "text": text}
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "END")
    assert message.usage.output_tokens > 1


def test_the_official_clients_tool_loop_ends(client: anthropic.AnthropicFoundry) -> None:
    question: Any = {"role": "user", "content": "What is the weather?"}
    tools: Any = [TOOL]
    with client.messages.stream(model=DEPLOYMENT, max_tokens=500, messages=[question], tools=tools) as stream:
        call = stream.get_final_message()
    [block] = call.content
    assert call.stop_reason == "tool_use"
    assert block.type == "tool_use"
    assert block.input == {"city": "simulated", "days": 2}
    result: Any = {"type": "tool_result", "tool_use_id": block.id, "content": "18 degrees, rain"}
    turns: Any = [
        question,
        {"role": "assistant", "content": [block.model_dump(mode="json", exclude_none=True)]},
        {"role": "user", "content": [result]},
    ]
    final = client.messages.create(model=DEPLOYMENT, max_tokens=500, messages=turns, tools=tools)
    assert final.stop_reason == "end_turn"
    assert "18 degrees, rain" in final.content[0].model_dump()["text"]


def test_the_official_client_understands_counts_and_refusals(client: anthropic.AnthropicFoundry) -> None:
    counted = client.messages.count_tokens(model=DEPLOYMENT, messages=[{"role": "user", "content": "hello"}])
    assert counted.input_tokens == 8
    with pytest.raises(anthropic.BadRequestError, match="at least one message") as caught:
        client.messages.create(model=DEPLOYMENT, max_tokens=1, messages=[])
    assert caught.value.type == "invalid_request_error"
    assert (caught.value.request_id or "").startswith("req_01")
