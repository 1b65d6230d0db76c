"""Event streams, redacted: still event streams, and the same to the byte where nothing was taken out."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.simulator.cassettes.exchanges import SECRET, make_redaction

from ingate.domain.redaction import Redactor
from ingate.simulator.cassettes.cassette import MARK
from ingate.simulator.cassettes.redaction import Redaction
from ingate.simulator.cassettes.stream_redaction import redact_stream
from ingate.wire.messages.stream_content import assemble_stream

Events = list[dict[str, Any]]


def text_events(*pieces: str) -> Events:
    return [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in pieces),
        {"type": "content_block_stop", "index": 0},
    ]


def input_events(*pieces: str) -> Events:
    block: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}
    deltas = ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
    return [
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
    ]


def render(events: Events, *, end: str = "\n") -> bytes:
    """With white space that no library writes again, so that a copied event can be told from a rendered one."""
    return "".join(f"event: {e['type']}{end}data:  {json.dumps(e)} {end}{end}" for e in events).encode()


def redact(events: Events, *paths: str) -> dict[str, Any]:
    """The message that the redacted stream amounts to."""
    return assemble_stream(redact_stream(render(events), make_redaction(*paths)))


def list_texts(stream: bytes) -> list[str]:
    lines = [json.loads(line[5:]) for line in stream.splitlines() if line.startswith(b"data:")]
    return [line["delta"]["text"] for line in lines if line["type"] == "content_block_delta"]


def test_a_stream_without_secrets_is_the_same_to_the_byte() -> None:
    stream = render(text_events("Hello", " there"), end="\r\n") + b": a comment\n\nevent: x\ndata: no json\n\nrest"
    assert redact_stream(stream, make_redaction("content.*.input")) == stream


def test_nothing_is_taken_out_of_real_streams(fixtures_dir: Path) -> None:
    """With the patterns that Ingate records with: nothing that the API makes is taken for a key."""
    patterns = Redactor(())
    redaction = Redaction(redact_text=lambda text: str(patterns.redact(text)))
    streams = sorted(fixtures_dir.rglob("*.sse"))
    assert streams
    for path in streams:
        assert redact_stream(path.read_bytes(), redaction) == path.read_bytes(), path.name


def test_a_secret_that_is_split_over_deltas_is_found() -> None:
    events = text_events("It is hun", "ter", "2. ", "Bye.")
    redacted = redact_stream(render(events), make_redaction())
    assert list_texts(redacted) == [f"It is {MARK}", "", ". ", "Bye."]
    first, last = render(events[:1]), render(events[4:])
    assert redacted.startswith(first)
    assert redacted.endswith(last)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_ends_stay(end: str) -> None:
    redacted = redact_stream(render(text_events(SECRET), end=end), make_redaction())
    assert redacted.decode().count(end) >= 9
    assert redacted.replace(end.encode(), b"") == redacted.replace(b"\r", b"").replace(b"\n", b"")
    assert SECRET.encode() not in redacted


def test_a_tools_input_is_looked_at_as_the_json_that_it_is() -> None:
    message = redact(input_events('{"password": "hun', 'ter2", "n": ', "1}"))
    assert message["content"][0]["input"] == {"password": MARK, "n": 1}


def test_a_chosen_field_of_a_tools_input_is_taken_out() -> None:
    message = redact(input_events('{"city": "Par', 'is", "n": 1}'), "content.*.input.city")
    assert message["content"][0]["input"] == {"city": MARK, "n": 1}


def test_an_input_that_was_cut_short_is_left_out_when_something_may_be_in_it() -> None:
    assert redact(input_events('{"city": "Par'))["content"][0]["unreadable_input_characters"] == 13
    for events, paths in [
        (input_events('{"city": "hunter2'), ()),
        (input_events('{"city": "Par'), ("content.*.input.city",)),
        (input_events('{"city": "Par'), ("content",)),
    ]:
        assert redact(events, *paths)["content"][0]["input"] == {}


@pytest.mark.parametrize("path", ["content", "content.*", "content.0", "content.*.text"])
def test_a_chosen_text_is_taken_out(path: str) -> None:
    block = redact(text_events("Hello", " there"), path)["content"][0]
    assert block == {"type": "text", "text": MARK}


def test_thinking_citations_errors_and_what_the_future_brings_are_looked_at() -> None:
    deltas: Events = [
        {"type": "thinking_delta", "thinking": SECRET[:3]},
        {"type": "thinking_delta", "thinking": SECRET[3:]},
        {"type": "citations_delta", "citation": {"cited_text": SECRET}},
        {"type": "new_delta", "novelty": SECRET},
        {"type": "signature_delta", "signature": SECRET},
    ]
    events: Events = [
        {"type": "message_start", "message": {"id": SECRET, "type": "message", "model": SECRET, "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_start", "index": 1, "content_block": {"type": "result", "content": [SECRET]}},
        {"type": "message_delta", "delta": {"stop_sequence": SECRET}, "usage": {"note": SECRET}},
        {"type": "new_event", "anything": {"x": [SECRET]}},
        {"type": "error", "error": {"type": "overloaded_error", "message": SECRET}},
    ]
    redacted = redact_stream(render(events), make_redaction())
    kept = [line for line in redacted.splitlines() if SECRET.encode() in line]
    # What the API made: the message's id, in an event that had to be rendered, and the signature.
    assert len(kept) == 2
    assert kept[0].count(SECRET.encode()) == kept[1].count(SECRET.encode()) == 1
    assert b'"id":"hunter2"' in kept[0]
    assert b'"signature"' in kept[1]


def test_data_that_is_no_json_is_looked_at_as_text() -> None:
    redacted = redact_stream(b'data: {hunter2\n\ndata: ["hunter2"]\n\n\xff hunter2', make_redaction())
    assert redacted == b'data: {[redacted]\n\ndata: ["[redacted]"]\n\n\xff [redacted]'


def test_data_on_several_lines_becomes_one_line_when_it_changes() -> None:
    stream = b'event: error\ndata: {"type":"error",\nid: 5\ndata: "x":"hunter2"}\n\n'
    redacted = redact_stream(stream, make_redaction())
    assert redacted == b'event: error\ndata: {"type":"error","x":"[redacted]"}\nid: 5\n\n'


@given(text=st.text("hunter2 é\n", max_size=60), seed=st.integers(0, 10_000))
def test_however_a_text_is_split_its_redacted_form_is_the_same(text: str, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    text = f"{SECRET}{text}{SECRET}" if seed % 2 else text
    cuts = sorted(dice.randint(0, len(text)) for _ in range(dice.randint(0, 6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    redacted = redact_stream(render(text_events(*pieces)), make_redaction())
    assert len(list_texts(redacted)) == len(pieces)
    assert "".join(list_texts(redacted)) == text.replace(SECRET, MARK)
