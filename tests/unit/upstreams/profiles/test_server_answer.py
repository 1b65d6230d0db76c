from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.upstreams.profiles.conftest import JSON, Pieces, normalise

from ingate.upstreams.profiles import server_answer

MESSAGE: dict[str, Any] = {
    "id": "chatcmpl-1",
    "type": "message",
    "role": "assistant",
    "content": [],
    "model": "m",
    "usage": {},
}


def test_headers_that_describe_the_old_body_go() -> None:
    headers = [*JSON, (b"Content-Length", b"400"), (b"ETag", b"x"), (b"X-Other", b"1")]
    answer = normalise("vllm", json.dumps(MESSAGE).encode(), headers=headers)
    assert answer.head == (200, [*JSON, (b"X-Other", b"1")])


def test_numbers_in_a_tools_input_keep_their_digits() -> None:
    numbers = b'{"n": 123456789012345678901234567890.10, "e":1e400}'
    block = b'{"type":"tool_use","id":"call_1","name":"f","input":%b}' % numbers
    body = json.dumps(MESSAGE).encode().replace(b'"content": []', b'"content": [%b]' % block)
    answer = normalise("llama.cpp", body)
    assert numbers in answer.body
    assert b'"toolu_1"' in answer.body


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type":"other","id":"chatcmpl-1"}', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_message_passes_as_it_came(body: bytes, pieces: Pieces) -> None:
    assert normalise("llama.cpp", body, pieces=pieces).body == body


def test_a_body_in_another_media_type_or_coding_is_not_touched() -> None:
    body = json.dumps(MESSAGE).encode()
    for headers in ([(b"content-type", b"text/plain")], [*JSON, (b"content-encoding", b"gzip")]):
        answer = normalise("llama.cpp", body, headers=[*headers, (b"content-length", b"1")])
        assert (answer.body, answer.head[1][-1]) == (body, (b"content-length", b"1"))


def test_a_count_passes_as_it_came() -> None:
    body = b'{"input_tokens":27}'
    assert normalise("llama.cpp", body, path=b"/v1/messages/count_tokens").body == body


@pytest.mark.parametrize("status", [200, 400])
def test_a_body_too_long_to_keep_passes_as_it_comes(
    status: int, pieces: Pieces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_answer, "BODY_LIMIT", 16)
    body = json.dumps(MESSAGE).encode()
    answer = normalise("llama.cpp", body, status=status, pieces=pieces)
    if len(list(pieces(body))) > 1:
        assert (answer.status, answer.body) == (status, body)


def test_the_model_that_was_asked_for_comes_back_when_the_body_tells_it() -> None:
    body = json.dumps(MESSAGE).encode()
    assert json.loads(normalise("llama.cpp", body).body)["model"] == "asked-for"
    assert json.loads(normalise("llama.cpp", body, request_body=b"{").body)["model"] == "m"
    assert json.loads(normalise("vllm", body).body)["model"] == "m"
