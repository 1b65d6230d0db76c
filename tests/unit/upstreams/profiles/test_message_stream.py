"""Streams that no recording has: what a server could send, as a transcript of what went in and what came out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stream_grammar import check_stream
from tests.unit.upstreams.profiles.conftest import SSE, normalise

from ingate.upstreams.profiles.profile import get_profile

START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "chatcmpl-1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "/weights.gguf",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 0},
    },
}
STOP: dict[str, Any] = {"type": "message_stop"}


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def block_start(index: int, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **value: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **value}}


def block_stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def message_delta(stop_reason: str = "end_turn", **members: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason, **members}, "usage": {"output_tokens": 3}}


def stream(*events: dict[str, Any]) -> bytes:
    return b"".join(map(event, (START, *events)))


def through(raw: bytes) -> bytes:
    return normalise("llama.cpp", raw, headers=SSE).body


def test_blocks_that_take_turns_become_a_block_for_every_turn() -> None:
    message = check_stream(
        through(
            stream(
                block_start(0, type="thinking", thinking=""),
                delta(0, "thinking_delta", thinking="one "),
                block_start(1, type="text", text=""),
                delta(1, "text_delta", text="first "),
                delta(0, "thinking_delta", thinking="two"),
                delta(1, "text_delta", text="second"),
                delta(0, "signature_delta", signature=""),
                block_stop(0),
                block_stop(1),
                message_delta(stop_sequence=None),
                STOP,
            )
        )
    )
    assert [(block.start["type"], *block.parts.values()) for block in message.blocks] == [
        ("thinking", "one "),
        ("text", "first "),
        ("thinking", "two"),
        ("text", "second"),
    ]


def test_a_block_that_was_never_stopped_is_stopped_before_the_message_ends() -> None:
    raw = stream(block_start(0, type="text", text=""), delta(0, "text_delta", text="x"), message_delta(), STOP)
    assert check_stream(through(raw)).joined("text") == "x"


def test_a_streamed_tool_use_gets_an_empty_input_and_an_id_of_the_right_kind() -> None:
    raw = stream(
        block_start(0, type="tool_use", id="call_7", name="f"), block_stop(0), message_delta("tool_use"), STOP
    )
    (block,) = check_stream(through(raw)).blocks
    assert block.start == {"type": "tool_use", "id": "toolu_7", "name": "f", "input": {}}


def test_the_stop_sequence_that_was_hit_is_the_stop_reason() -> None:
    message = check_stream(through(stream(message_delta("end_turn", stop_sequence="Paris"), STOP)))
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "Paris")


@pytest.mark.parametrize(
    "error",
    [
        b'data: {"error":{"code":500,"message":"slot died","type":"server_error"}}\n\n',
        b'event: error\ndata: {"type":"error","error":{"type":"InternalServerError","message":"slot died"}}\n\n',
    ],
)
def test_an_error_amid_a_stream_becomes_the_messages_apis_error_event(error: bytes) -> None:
    message = check_stream(through(stream() + error))
    assert message.error == {"type": "api_error", "message": "slot died"}


def test_events_leave_as_soon_as_they_are_complete() -> None:
    profile = get_profile("llama.cpp")
    assert profile is not None
    normaliser = profile.normaliser(path=b"/v1/messages", request_body=b"{}")
    assert normaliser is not None
    assert normaliser.head(200, SSE) is not None
    for data in (START, block_start(0, type="text", text=""), delta(0, "text_delta", text="a")):
        raw = event(data)
        assert normaliser.read(raw[:-1], False) == b""
        assert normaliser.read(raw[-1:], False) != b""


def test_an_event_that_needs_no_change_keeps_its_bytes_and_line_ends() -> None:
    raw = (
        b'event:ping\r\ndata:{"type":"ping" }\r\n\r\n'
        b": still here\n\n"
        b'event: other\rdata: {"type": "new", "n": 1e999}\r\r'
    )
    assert through(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"data: [DONE]\n\n",
        b"data: {not json\n\n",
        b'data: {"type": 7}\n\n',
        b'data: {"type":"message_start"}\n\n',
        b'data: {"type":"message_start","message":[1]}\n\n',
        b'data: {"type":"content_block_start","index":"0","content_block":{}}\n\n',
        b'data: {"type":"content_block_start","index":0,"content_block":null}\n\n',
        b'data: {"type":"content_block_delta","index":9,"delta":{"type":"text_delta","text":"lost?"}}\n\n',
        b'data: {"type":"content_block_stop"}\n\n',
        b'data: {"type":"message_delta","delta":null}\n\n',
        b"data: \xff\xfe\n\n",
        b'data: {"\xff": 1}\n\n',
        b'data: {"type": "\xff"}\n\n',
        b'data: {"type": "\\ud800"}\n\n',
        b"data: " + b"[" * 100_000 + b"\n\n",
        b"\n\n\n\n",
        b"event: message_sto",
    ],
)
def test_what_cannot_be_understood_passes_as_it_came(raw: bytes) -> None:
    assert through(raw) == raw


def test_a_late_delta_that_fits_nowhere_passes_rather_than_vanishes() -> None:
    late = delta(0, "signature_delta", signature="real")
    raw = stream(block_start(0, type="thinking", thinking=""), block_start(1, type="text", text=""), late)
    assert event(late) in through(raw)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["text", "thinking"])), max_size=30))
def test_however_blocks_take_turns_the_stream_is_grammatical_and_loses_nothing(
    turns: list[tuple[int, str]],
) -> None:
    types: dict[int, str] = {}
    events: list[dict[str, Any]] = []
    said: list[tuple[str, str]] = []
    for number, (index, block_type) in enumerate(turns):
        if index not in types:
            types[index] = block_type
            events.append(block_start(index, type=block_type, **{block_type: ""}))
        kind = types[index]
        events.append(delta(index, f"{kind}_delta", **{kind: f"{number} "}))
        said.append((kind, f"{number} "))
    ends = [block_stop(index) for index in types]

    message = check_stream(through(stream(*events, *ends, message_delta(), STOP)))

    for kind in ("text", "thinking"):
        assert message.joined(kind) == "".join(text for said_kind, text in said if said_kind == kind)
