from __future__ import annotations

import copy
import json

import pytest
from bench.mocks.answers import InvalidAnswerError, check_events, check_message, parse_events
from bench.workload import Json

MESSAGE: Json = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-mock",
    "content": [{"type": "text", "text": "Dress in layers."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 4},
}


LACKING: list[tuple[Json, str]] = [
    ({"id": "chatcmpl-1"}, "its id"),
    ({"type": "chat.completion"}, "no assistant's message"),
    ({"content": []}, "content is empty"),
    ({"content": [{"type": "tool_use", "name": "f", "input": {}}]}, "not all text"),
    ({"stop_reason": "max_tokens"}, "stop_reason is 'max_tokens'"),
    ({"usage": {"input_tokens": 9}}, "usage.output_tokens"),
    ({"usage": None}, "usage is missing"),
]


def delta(text: str, index: int = 0) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": text}}


def stream() -> list[Json]:
    """A valid stream with one block."""
    return [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        delta("Dress in "),
        delta("layers."),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ]


def test_a_whole_message_gives_its_text() -> None:
    assert check_message(json.dumps(MESSAGE)) == "Dress in layers."


@pytest.mark.parametrize(("changes", "problem"), LACKING)
def test_a_message_that_lacks_something_is_no_answer(changes: Json, problem: str) -> None:
    with pytest.raises(InvalidAnswerError, match=problem):
        check_message(json.dumps(MESSAGE | changes))


@pytest.mark.parametrize("text", ["", "<html>", "[]", '"text"'])
def test_what_is_no_object_is_no_answer(text: str) -> None:
    with pytest.raises(InvalidAnswerError, match="no JSON|no object"):
        check_message(text)


def test_a_whole_stream_gives_its_text() -> None:
    assert check_events(stream()) == "Dress in layers."


def test_blocks_follow_each_other() -> None:
    events = stream()
    second = copy.deepcopy(events[1:6])
    for event in second:
        if "index" in event:
            event["index"] = 1
    assert check_events([*events[:6], *second, *events[6:]]) == "Dress in layers.Dress in layers."


def without(*places: int) -> list[Json]:
    return [event for place, event in enumerate(stream()) if place not in places]


def with_event(place: int, event: Json) -> list[Json]:
    events = stream()
    return [*events[:place], event, *events[place:]]


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        (without(0), "it begins with"),
        (without(1), "content_block_delta out of place"),
        (without(5), "no block was completed"),
        (without(6), "it ends with"),
        (without(7), "it ends with"),
        (without(1, 3, 4, 5), "no block was completed"),
        (with_event(4, delta("x", index=1)), "block 1 where 0 is due"),
        (with_event(4, {"type": "error", "index": 0}), "unknown event error"),
        (with_event(6, delta("late")), "content_block_delta out of place"),
    ],
)
def test_a_stream_whose_order_is_broken_is_no_answer(events: list[Json], problem: str) -> None:
    with pytest.raises(InvalidAnswerError, match=problem):
        check_events(events)


def test_events_are_read_with_their_names() -> None:
    text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in stream())
    assert parse_events(text) == stream()


@pytest.mark.parametrize(
    "text",
    [
        'data: {"type": "message_delta"}\n\n',
        'event: message_start\ndata: {"type": "message_delta"}\n\n',
        'event: message_stop\ndata: {"type": "message_stop"}\n\ndata: [DONE]\n\n',
    ],
)
def test_events_without_their_names_are_no_stream(text: str) -> None:
    with pytest.raises(InvalidAnswerError):
        parse_events(text)
