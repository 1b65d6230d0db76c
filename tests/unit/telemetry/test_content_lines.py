from __future__ import annotations

import gzip
import itertools
import json
from typing import Any

import pytest
from tests.unit.telemetry.contents import make_content

from ingate.domain.content import ExchangeContent
from ingate.domain.redaction import Redactor
from ingate.telemetry.content_lines import DECODED_BYTES, render_content_line

SECRET = "sk-ant-api03-0123456789"


def render(content: ExchangeContent) -> dict[str, Any]:
    line = render_content_line(content, Redactor(content.recording.redact))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    return json.loads(line)


def split_over_deltas(member: str, text: str) -> bytes:
    """A stream in which every delta has two characters."""
    kinds = {"text": "text_delta", "thinking": "thinking_delta", "partial_json": "input_json_delta"}
    deltas = [{"type": kinds[member], member: text[at : at + 2]} for at in range(0, len(text), 2)]
    events = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()


def test_request_and_answer_are_there_with_what_the_journal_finds_them_by() -> None:
    line = render(make_content(b'{"content":[{"type":"text","text":"Hi"}]}', request=b'{"messages":["Hello"]}'))
    assert line == {
        "time": line["time"],
        "apim_request_id": "apim-1",
        "resource": "example-resource",
        "resource_id": "/subscriptions/s/resourceGroups/g/accounts/example-resource",
        "deployment": "my-claude",
        "operation": "messages",
        "status": 200,
        "ended": "completed",
        "request": {"bytes": 22, "content": {"messages": ["Hello"]}},
        "answer": {"bytes": 41, "content": {"content": [{"type": "text", "text": "Hi"}]}},
    }


def test_a_secret_behind_escapes_is_redacted() -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in SECRET)
    body = f'{{"messages":["my key is {escaped}"]}}'.encode()
    line = render(make_content(body, request=body))
    for side in ("request", "answer"):
        assert line[side]["content"] == {"messages": ["my key is [redacted]"]}


@pytest.mark.parametrize("member", ["text", "thinking"])
def test_a_secret_split_over_deltas_is_redacted(member: str) -> None:
    line = render(make_content(split_over_deltas(member, f"key: {SECRET}!"), is_stream=True))
    assert line["answer"]["content"]["content"] == [{member: "key: [redacted]!"}]


def test_a_secret_split_over_the_pieces_of_a_tools_input_is_redacted_behind_escapes_too() -> None:
    pieces = f'{{"k":"\\u0073{SECRET[1:]}"}}'
    line = render(make_content(split_over_deltas("partial_json", pieces), is_stream=True))
    assert line["answer"]["content"]["content"] == [{"input": {"k": "[redacted]"}}]


def test_a_deployments_own_patterns_count() -> None:
    line = render(make_content(b'["account 123456"]', request=b'["account 654321"]', redact=(r"\d{6}",)))
    assert line["request"]["content"] == line["answer"]["content"] == ["account [redacted]"]


@pytest.mark.parametrize("body", [b"", b"<html>" + SECRET.encode(), b'{"a":"\\ud800"}', b"[" * 100_000, b'"\xff"'])
def test_of_what_cannot_be_read_only_the_size_is_kept(body: bytes) -> None:
    line = render(make_content(body or b"x", request=body))
    assert line["request"] == {"bytes": len(body), "unrecorded": "unreadable"}
    assert line["answer"] == {"bytes": len(body or b"x"), "unrecorded": "unreadable"}


def test_an_answer_that_never_began_has_no_size() -> None:
    assert render(make_content(b""))["answer"] == {"bytes": 0}


def test_what_was_too_long_says_so() -> None:
    line = render(make_content(b'{"content":[', request=None, cut=5))
    assert line["request"] == {"bytes": 2_000_000, "unrecorded": "too-long"}
    assert line["answer"] == {"bytes": 17, "unrecorded": "too-long"}


def test_of_a_stream_that_was_too_long_the_beginning_is_kept_and_said_to_be_cut() -> None:
    line = render(make_content(split_over_deltas("text", "Hello!") + b"data: {", is_stream=True, cut=5))
    assert line["answer"]["content"]["content"] == [{"text": "Hello!"}]
    assert line["answer"]["cut"] is True


def test_a_compressed_answer_is_seen_into() -> None:
    line = render(make_content(gzip.compress(json.dumps({"text": SECRET}).encode()), coding=b"gzip"))
    assert line["answer"]["content"] == {"text": "[redacted]"}


@pytest.mark.parametrize("coding", [b"gzip", b"compress"])
def test_of_one_that_cannot_be_decoded_only_the_size_is_kept(coding: bytes) -> None:
    line = render(make_content(b'{"text":"plain"}', coding=coding))
    assert line["answer"] == {"bytes": 16, "unrecorded": "encoded"}


def test_a_few_bytes_that_stand_for_very_many_are_not_kept() -> None:
    bomb = gzip.compress(b'"' + b"x" * (DECODED_BYTES + 1) + b'"')
    assert "content" not in render(make_content(bomb, coding=b"gzip"))["answer"]


def test_what_would_take_too_long_to_redact_is_not_kept() -> None:
    moments = itertools.count()
    line = render_content_line(make_content(), Redactor((), clock=lambda: next(moments)))
    assert b'"unrecorded":"too-slow"' not in line, "there is no string in it"
    line = render_content_line(make_content(b'["a"]', request=b'["a"]'), Redactor((), clock=lambda: next(moments)))
    assert json.loads(line)["request"] == {"bytes": 5, "unrecorded": "too-slow"}
    assert json.loads(line)["answer"] == {"bytes": 5, "unrecorded": "too-slow"}
