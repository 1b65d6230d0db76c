from __future__ import annotations

import json
from typing import Any

import pytest

from ingate.wire.messages.stream_content import StreamUnreadable, assemble_stream


def stream(*events: dict[str, Any], newline: str = "\n") -> bytes:
    return "".join(
        f"event: {event['type']}{newline}data: {json.dumps(event)}{newline}{newline}" for event in events
    ).encode()


def delta(index: int, **members: object) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": members}


def start(index: int, **members: object) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": members}


START: dict[str, Any] = {
    "type": "message_start",
    "message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 3}},
}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_stream_is_put_together(newline: str) -> None:
    data = stream(
        START,
        start(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="Let me "),
        {"type": "ping"},
        start(1, type="text", text="", citations=None),
        delta(1, type="text_delta", text="Hel"),
        delta(0, type="thinking_delta", thinking="see."),
        delta(0, type="signature_delta", signature="c2ln"),
        delta(1, type="text_delta", text="lo"),
        delta(1, type="citations_delta", citation={"cited_text": "x"}),
        start(2, type="tool_use", id="toolu_1", name="look", input={}),
        delta(2, type="input_json_delta", partial_json='{"q":"a\\u00'),
        delta(2, type="input_json_delta", partial_json='62"}'),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
        newline=newline,
    )
    assert assemble_stream(data) == {
        "id": "msg_1",
        "content": [
            {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"},
            {"type": "text", "text": "Hello", "citations": [{"cited_text": "x"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"q": "ab"}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 9},
    }


def test_of_a_stream_that_breaks_off_whole_events_count() -> None:
    data = stream(START, start(0, type="text", text=""), delta(0, type="text_delta", text="whole"))
    assert assemble_stream(data + b'data: {"type":"content_blo')["content"] == [{"type": "text", "text": "whole"}]


def test_a_tools_input_that_breaks_off_is_only_counted() -> None:
    data = stream(start(0, type="tool_use"), delta(0, type="input_json_delta", partial_json='{"a":"sec'))
    assert assemble_stream(data)["content"] == [{"type": "tool_use", "input": None, "unreadable_input_characters": 9}]


def test_an_error_is_part_of_it() -> None:
    assert assemble_stream(stream(START, {"type": "error", "error": {"type": "api_error"}}))["error"] == {
        "type": "api_error"
    }


@pytest.mark.parametrize(
    "data", [b"data: {\n\n", b"data: []\n\n", b"data: \xff\n\n", b"data: " + b"[" * 9999 + b"\n\n"]
)
def test_what_is_no_event_is_unreadable(data: bytes) -> None:
    with pytest.raises(StreamUnreadable):
        assemble_stream(data)
