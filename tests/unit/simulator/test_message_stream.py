"""Streams: the grammar of real ones, the content and usage of the JSON answer, and the official client's approval."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import anthropic
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stream_grammar import StreamedMessage, check_stream
from tests.unit.simulator.conftest import Ask

from ingate.simulator.block_stream import INPUT_LENGTHS, TEXT_LENGTHS, THINKING_LENGTHS
from ingate.simulator.incoming import SimulatorRequest
from ingate.simulator.message_json import render_message
from ingate.simulator.message_stream import Pace, Style, render_stream
from ingate.simulator.reply import Reply, Usage
from ingate.simulator.simulator import SimulatedAnswer, Simulator, SimulatorSettings

MODEL = "claude-opus-4-8"
"""The client warns of models that will be retired."""

TOOL = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
        "required": ["city", "days"],
    },
}
AT_ONCE = Pace(time_to_first_token=0, tokens_per_second=0)
PLAIN = Style(pad_data_lines=False, first_length=0)


def body_of(text: str, **fields: Any) -> dict[str, Any]:
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 500,
        "messages": [{"role": "user", "content": text}],
    } | fields


def join(answer: SimulatedAnswer) -> bytes:
    return b"".join(piece for _, piece in answer.chunks)


def list_kinds(stream: bytes) -> list[str]:
    return [line.removeprefix("event: ") for line in stream.decode().split("\n") if line.startswith("event: ")]


def reply_of(*content: dict[str, Any], **members: Any) -> Reply:
    given: dict[str, Any] = {
        "message_id": "msg_1",
        "response_model": "claude-opus-4-5",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": Usage(input_tokens=7, output_tokens=40),
    }
    return Reply(**given | members)


def stream_of(reply: Reply, *, pace: Pace = AT_ONCE, style: Style = PLAIN) -> bytes:
    return b"".join(event for _, event in render_stream(reply, pace, style))


def read(reply: Reply) -> StreamedMessage:
    return check_stream(stream_of(reply), of_claude=True)


def list_deltas(reply: Reply) -> list[dict[str, Any]]:
    lines = stream_of(reply).decode().split("\n")
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [event["delta"] for event in events if event["type"] == "content_block_delta"]


def test_a_stream_begins_with_the_message_a_block_and_a_ping_and_ends_in_order(ask: Ask) -> None:
    answer = ask(body_of("Repeat: a text that takes several deltas", stream=True))
    assert answer.status == 200
    assert dict(answer.headers)[b"content-type"] == b"text/event-stream; charset=utf-8"
    kinds = list_kinds(join(answer))
    assert kinds[:4] == ["message_start", "content_block_start", "ping", "content_block_delta"]
    assert kinds[-4:] == ["content_block_delta", "content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("ping") == 1


def test_the_ping_comes_after_the_first_blocks_start_and_not_again() -> None:
    reply = reply_of({"type": "redacted_thinking", "data": "eA=="}, {"type": "text", "text": "x"})
    kinds = list_kinds(stream_of(reply))
    assert kinds[:4] == ["message_start", "content_block_start", "ping", "content_block_stop"]
    assert kinds.count("ping") == 1


def test_thinking_comes_in_pieces_then_an_empty_one_then_its_signature() -> None:
    deltas = list_deltas(reply_of({"type": "thinking", "thinking": "First this. " * 9, "signature": "c2ln"}))
    assert {delta["type"] for delta in deltas[:-1]} == {"thinking_delta"}
    assert len(deltas) > 3
    assert deltas[-2:] == [
        {"type": "thinking_delta", "thinking": ""},
        {"type": "signature_delta", "signature": "c2ln"},
    ]


def test_omitted_thinking_is_its_signature_alone() -> None:
    block = {"type": "thinking", "thinking": "", "signature": "c2ln"}
    assert list_deltas(reply_of(block)) == [{"type": "signature_delta", "signature": "c2ln"}]


def test_citations_come_before_the_text_that_they_belong_to() -> None:
    citation = {"type": "char_location", "cited_text": "x", "document_index": 0}
    reply = reply_of({"type": "text", "text": "Yes", "citations": [citation, citation]})
    assert read(reply).blocks[0].start == {"citations": [], "type": "text", "text": ""}
    assert [delta["type"] for delta in list_deltas(reply)] == ["citations_delta", "citations_delta", "text_delta"]


def test_a_summary_comes_in_one_piece() -> None:
    reply = reply_of({"type": "compaction", "content": "What was said."})
    assert read(reply).blocks[0].start == {"type": "compaction", "content": None}
    assert list_deltas(reply) == [{"type": "compaction_delta", "content": "What was said."}]


@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use", "mcp_tool_use"])
def test_a_call_begins_without_arguments_and_with_an_empty_piece(kind: str) -> None:
    prefix = {"tool_use": "toolu_1", "server_tool_use": "srvtoolu_1", "mcp_tool_use": "mcptoolu_1"}[kind]
    reply = reply_of({"type": kind, "id": prefix, "name": "f", "input": {"city": "Rome"}, "server_name": "s"})
    assert read(reply).blocks[0].start == reply.content[0] | {"input": {}}
    deltas = list_deltas(reply)
    assert deltas[0] == {"type": "input_json_delta", "partial_json": ""}
    assert "".join(delta["partial_json"] for delta in deltas) == '{"city":"Rome"}'


def test_a_call_without_arguments_has_the_empty_piece_only() -> None:
    reply = reply_of({"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}, stop_reason="tool_use")
    assert list_deltas(reply) == [{"type": "input_json_delta", "partial_json": ""}]
    assert read(reply).put_together() == json.loads(render_message(reply))


@pytest.mark.parametrize(
    "block",
    [
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
        {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "is_error": False, "content": []},
        {"type": "redacted_thinking", "data": "eA=="},
        {"type": "container_upload", "file_id": "file_1"},
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "f",
            "input": {"a": 1},
            "caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"},
        },
    ],
    ids=lambda block: block["type"],
)
def test_every_other_block_is_whole_when_it_begins(block: dict[str, Any]) -> None:
    reply = reply_of(block)
    assert read(reply).blocks[0].start == block
    assert list_deltas(reply) == []


def test_the_end_tells_the_container_the_edits_and_the_servers_requests() -> None:
    usage = Usage(
        input_tokens=10,
        output_tokens=9,
        cache_read=5,
        cache_creation_1h=3,
        thinking_tokens=4,
        web_search_requests=2,
        iterations=({"type": "message", "input_tokens": 10, "output_tokens": 9},),
    )
    reply = reply_of(usage=usage, container={"id": "container_1"}, context_management={"applied_edits": []})
    message = read(reply)
    assert message.ending["container"] == {"id": "container_1"}
    assert message.ending["context_management"] == {"applied_edits": []}
    assert message.usage == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 3,
        "cache_read_input_tokens": 5,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 3},
        "output_tokens": 9,
        "output_tokens_details": {"thinking_tokens": 4},
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0},
        "iterations": [{"type": "message", "input_tokens": 10, "output_tokens": 9}],
        "service_tier": "standard",
    }
    assert message.put_together() == json.loads(render_message(reply))


def test_a_scripts_usage_goes_on_the_wire_as_it_is() -> None:
    overrides: dict[str, Any] = {"input_tokens": 1, "service_tier": "priority", "surprise": [None]}
    reply = reply_of(usage=Usage(input_tokens=7, output_tokens=8, overrides=overrides))
    assert overrides.items() <= read(reply).usage.items()
    assert read(reply).put_together() == json.loads(render_message(reply))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
INPUTS = st.dictionaries(TEXTS.filter(bool), VALUES, max_size=4)
CITATION = st.fixed_dictionaries(
    {
        "type": st.just("char_location"),
        "cited_text": TEXTS,
        "document_index": st.integers(0, 9),
        "document_title": TEXTS,
        "start_char_index": st.integers(0, 9),
        "end_char_index": st.integers(9, 99),
    }
)


def call(kind: str, prefix: str, **more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = {"type": st.just(kind), "id": st.just(prefix + "01"), "name": st.just("web_search"), "input": INPUTS}
    return st.fixed_dictionaries(names | more)


BLOCKS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS}),
    st.fixed_dictionaries(
        {"type": st.just("text"), "text": TEXTS, "citations": st.lists(CITATION, min_size=1, max_size=3)}
    ),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": TEXTS, "signature": st.just("c2lnbmVk")}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": st.just("eA==")}),
    st.fixed_dictionaries({"type": st.just("compaction"), "content": TEXTS}),
    call("tool_use", "toolu_", caller=st.just({"type": "direct"})),
    call("server_tool_use", "srvtoolu_"),
    call("mcp_tool_use", "mcptoolu_", server_name=TEXTS),
    st.just({"type": "mcp_tool_result", "tool_use_id": "mcptoolu_01", "is_error": False, "content": []}),
)
REPLIES = st.builds(
    reply_of,
    usage=st.builds(
        Usage,
        input_tokens=st.integers(0, 10**6),
        output_tokens=st.integers(1, 10**5),
        cache_read=st.integers(0, 10**6),
        cache_creation_5m=st.integers(0, 99),
        thinking_tokens=st.integers(0, 99),
    ),
)


@given(blocks=st.lists(BLOCKS, max_size=5), reply=REPLIES, pad=st.booleans(), first=st.integers(0, 255))
def test_a_stream_of_any_blocks_tells_what_json_tells(
    blocks: list[dict[str, Any]], reply: Reply, pad: bool, first: int
) -> None:
    reply = reply_of(*blocks, usage=reply.usage)
    stream = stream_of(reply, style=Style(pad_data_lines=pad, first_length=first))
    assert check_stream(stream, of_claude=True).put_together() == json.loads(render_message(reply))


@given(blocks=st.lists(BLOCKS, max_size=4))
@settings(max_examples=25)
def test_the_official_client_accumulates_any_blocks_to_the_json_message(blocks: list[dict[str, Any]]) -> None:
    reply = reply_of(*blocks)

    def respond(request: httpx2.Request) -> httpx2.Response:
        return answer_with(reply, is_streamed=b'"stream":true' in request.content)

    client = client_for(respond)
    asked: Any = {"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
    messages: Any = client.beta.messages
    whole = messages.create(**asked).to_dict()
    with messages.stream(**asked) as stream:
        accumulated = stream.get_final_message().to_dict()
    assert without_absent(accumulated) == without_absent(whole)


def without_absent(value: Any) -> Any:
    """The message but for members that only one of the client's two ways adds, as nulls or as its own."""
    match value:
        case dict():
            members = cast("dict[str, Any]", value).items()
            known = {name: member for name, member in members if member is not None and name != "parsed_output"}
            return {name: without_absent(member) for name, member in known.items()}
        case list():
            return [without_absent(item) for item in cast("list[Any]", value)]
        case _:
            return value


def answer_with(reply: Reply, *, is_streamed: bool) -> httpx2.Response:
    if is_streamed:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream_of(reply))
    return httpx2.Response(200, headers={"content-type": "application/json"}, content=render_message(reply))


def client_for(respond: Callable[[httpx2.Request], httpx2.Response]) -> anthropic.Anthropic:
    transport = httpx2.MockTransport(respond)
    return anthropic.Anthropic(api_key="any", max_retries=0, http_client=httpx2.Client(transport=transport))


@given(
    text=TEXTS.filter(bool),
    max_tokens=st.integers(1, 120),
    stop_sequences=st.lists(TEXTS.filter(str.strip), max_size=3),
    stop_at=st.none() | st.integers(0, 60),
    tool_choice=st.sampled_from([None, "auto", "any", "none"]),
    pad=st.booleans(),
    seed=st.integers(0, 5),
)
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
    simulator = Simulator(settings=SimulatorSettings(seed=seed, pad_data_lines=pad))

    def answer(**fields: Any) -> bytes:
        request = SimulatorRequest(
            path=b"/v1/messages",
            headers=[(b"anthropic-version", b"2026-10-21")],
            body=json.dumps(body | fields).encode(),
        )
        return join(simulator.answer(request))

    message = json.loads(answer())
    assert check_stream(answer(stream=True), of_claude=True).put_together() == message
    assert 1 <= message["usage"]["output_tokens"] <= max_tokens
    for block in message["content"]:
        assert not any(stop in block.get("text", "") for stop in stop_sequences)
    assert (message["stop_reason"] == "stop_sequence") == (message["stop_sequence"] in stop_sequences)


def test_the_grammar_that_is_checked_here_is_that_of_claudes_recorded_streams(fixtures_dir: Path) -> None:
    recordings = sorted((fixtures_dir / "claude").glob("*.sse"))
    assert len(recordings) > 10
    for recording in recordings:
        message = check_stream(recording.read_bytes(), of_claude=True)
        assert message.put_together()["stop_reason"] == message.stop_reason


def test_deltas_have_the_sizes_of_recorded_ones() -> None:
    assert (statistics.median(TEXT_LENGTHS), statistics.mean(TEXT_LENGTHS)) == (12, 18)
    assert (statistics.median(INPUT_LENGTHS), round(statistics.mean(INPUT_LENGTHS))) == (6, 6)
    assert statistics.median(THINKING_LENGTHS) > statistics.median(TEXT_LENGTHS)


def test_a_cut_off_tool_call_streams_no_arguments(ask: Ask) -> None:
    message = check_stream(join(ask(body_of("Weather?", tools=[TOOL], max_tokens=3, stream=True))))
    assert message.put_together()["content"][0]["input"] == {}
    assert (message.stop_reason, message.usage["output_tokens"]) == ("max_tokens", 3)


@pytest.mark.parametrize(
    "asked",
    [{"tools": [TOOL | {"eager_input_streaming": True}]}, {"tools": [TOOL], "betas": True}],
    ids=["the tool's own field", "the beta"],
)
def test_fine_grained_tool_streaming_sends_arguments_in_larger_pieces(ask: Ask, asked: dict[str, Any]) -> None:
    beta = (b"anthropic-beta", b"fine-grained-tool-streaming-2025-05-14")
    headers = [beta] if asked.pop("betas", False) else []
    usual = join(ask(body_of('get_weather city "Rio de Janeiro"', tools=[TOOL], stream=True)))
    eager = join(ask(body_of('get_weather city "Rio de Janeiro"', stream=True, **asked), extra_headers=headers))
    assert eager.count(b"input_json_delta") < usual.count(b"input_json_delta") / 2
    assert check_stream(eager).joined("partial_json") == check_stream(usual).joined("partial_json")


def test_padding_varies_and_changes_nothing_but_white_space(ask: Ask) -> None:
    body = body_of("Repeat: " + "many words " * 40, stream=True)
    plain = [piece for _, piece in ask(body).chunks]
    padded = [piece for _, piece in ask(body, settings=SimulatorSettings(pad_data_lines=True)).chunks]
    lengths = {len(with_space) - len(without) for with_space, without in zip(padded, plain, strict=True)}
    assert len(lengths) > 5
    assert [piece.replace(b" ", b"") for piece in padded] == [piece.replace(b" ", b"") for piece in plain]


def test_time_is_shared_out_by_length_over_all_blocks() -> None:
    reply = reply_of(
        {"type": "thinking", "thinking": "t" * 300, "signature": "c2ln"},
        {"type": "text", "text": "x" * 100},
    )
    waits = [
        (wait, b'"index":0' in event)
        for wait, event in render_stream(reply, Pace(time_to_first_token=0.5, tokens_per_second=10), PLAIN)
    ]
    assert waits[0][0] == 0.5
    spent = {first: sum(wait for wait, is_first in waits[1:] if is_first == first) for first in (True, False)}
    assert spent[False] == pytest.approx(1.0, rel=0.05)
    assert spent[True] == pytest.approx(3.0, rel=0.05)


def test_jitter_makes_waits_uneven_in_the_same_way_every_time_and_keeps_the_pace() -> None:
    reply = reply_of({"type": "text", "text": "word " * 400}, usage=Usage(input_tokens=1, output_tokens=400))

    def list_waits(jitter: float) -> list[float]:
        pace = Pace(time_to_first_token=0, tokens_per_second=100, jitter=jitter)
        return [wait for wait, _ in render_stream(reply, pace, PLAIN)]

    even, uneven = list_waits(0), list_waits(0.5)
    assert uneven == list_waits(0.5)
    ratios = [one / other for one, other in zip(uneven, even, strict=True) if other]
    assert min(ratios) < 0.7 < 1.3 < max(ratios)
    assert all(0.5 <= ratio <= 1.5 for ratio in ratios)
    assert sum(uneven) == pytest.approx(sum(even), rel=0.1)


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
        return httpx2.Response(answer.status, headers=list(answer.headers), content=join(answer))

    return anthropic.AnthropicFoundry(
        api_key="any",
        base_url="http://example.invalid/anthropic",
        max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(respond)),
    )


def test_the_official_client_accumulates_a_text_stream(client: anthropic.AnthropicFoundry) -> None:
    with client.messages.stream(
        model=MODEL,
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
    with client.messages.stream(model=MODEL, max_tokens=500, messages=[question], tools=tools) as stream:
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
    final = client.messages.create(model=MODEL, max_tokens=500, messages=turns, tools=tools)
    assert final.stop_reason == "end_turn"
    assert "18 degrees, rain" in final.content[0].model_dump()["text"]


def test_the_official_client_understands_counts_and_refusals(client: anthropic.AnthropicFoundry) -> None:
    counted = client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "hello"}])
    assert counted.input_tokens == 8
    with pytest.raises(anthropic.BadRequestError, match="at least one message") as caught:
        client.messages.create(model=MODEL, max_tokens=1, messages=[])
    assert caught.value.type == "invalid_request_error"
    assert (caught.value.request_id or "").startswith("req_01")
