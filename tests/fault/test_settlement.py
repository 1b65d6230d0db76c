"""Settlement of exchanges that do not end well, by a worker over sockets: what its journal says of them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from tests.support.content_codings import CODINGS
from tests.support.front import Front, running_front
from tests.support.messages_requests import messages_request, render_body
from tests.support.raw_client import RawClient, exchange
from tests.support.upstream_script import (
    JSON_HEADERS,
    SHORT_STREAM,
    SSE_HEADERS,
    Answer,
    Reset,
    Send,
    Stall,
    Wait,
    answer,
    error_body,
    render_head,
    sse_answer,
)

from ingate.domain.exchange import ExchangeRecord
from ingate.domain.token_estimate import estimate_input_tokens
from ingate.telemetry.journal_reader import read_journals

PATIENCE = 1.5
STREAM_HEAD = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))
FIRST_TEXT = SHORT_STREAM.index(b"One") + 8
"""Just after the event with the first text."""


def render_chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


BEGUN = Send(STREAM_HEAD + render_chunk(SHORT_STREAM[:FIRST_TEXT]))
REST = Send(render_chunk(SHORT_STREAM[FIRST_TEXT:]) + b"0\r\n\r\n")


@pytest.fixture(scope="module", params=["cancel", "drain"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    settings = {"on_client_gone": request.param, "client_gone_timeout": PATIENCE}
    with running_front(settings=settings) as front:
        yield front
        assert "Traceback" not in front.read_log(), front.read_log()


@pytest.fixture
def policy(request: pytest.FixtureRequest) -> str:
    return request.node.callspec.params["front"]


def leave(front: Front, steps: Answer, *, after: bytes) -> ExchangeRecord:
    """A client goes once it has seen `after`. Gives back the record of its exchange."""
    before = count_records(front)
    front.upstream.clear()
    front.upstream.answer_with(steps)
    client = RawClient(front.address)
    client.send(messages_request(body=render_body(stream=True)))
    if after:
        client.read_until(after)
    else:
        assert front.upstream.wait_until(lambda: bool(front.upstream.requests))
    client.close()
    return await_record(front, before)


def list_records(front: Front) -> list[ExchangeRecord]:
    return list(read_journals(front.data_directory, lambda damage: None))


def count_records(front: Front) -> int:
    return len(list_records(front))


def await_record(front: Front, before: int) -> ExchangeRecord:
    deadline = time.monotonic() + PATIENCE + 3
    while count_records(front) == before:
        assert time.monotonic() < deadline, "no record was written"
        time.sleep(0.02)
    [record] = list_records(front)[before:]
    return record


def test_a_client_that_leaves_within_a_stream(front: Front, policy: str) -> None:
    record = leave(front, [BEGUN, Wait(0.4), REST], after=b"One")
    assert (record.outcome, record.status) == ("client-gone", 200)
    assert record.usage is not None
    assert record.usage.input_tokens == 7
    if policy == "drain":
        true_output = json.loads(SHORT_STREAM.split(b"message_delta\ndata: ")[1].split(b"\n")[0])["usage"][
            "output_tokens"
        ]
        assert (record.usage.output_tokens, record.usage_is_estimate) == (true_output, False)
    else:
        assert (record.usage.output_tokens, record.usage_is_estimate) == (1, True)


def test_a_client_that_leaves_before_the_answer(front: Front, policy: str) -> None:
    record = leave(front, [Wait(0.4), BEGUN, REST], after=b"")
    assert (record.outcome, record.status) == ("client-gone", 499)
    assert record.usage is not None
    reserved = estimate_input_tokens(render_body(stream=True))
    assert record.usage.input_tokens == (7 if policy == "drain" else reserved)
    assert record.usage_is_estimate is (policy == "cancel")


def test_an_upstream_that_does_not_come_to_an_end(front: Front, policy: str) -> None:
    started = time.monotonic()
    record = leave(front, [BEGUN, Stall()], after=b"One")
    waited = time.monotonic() - started
    assert (record.outcome, record.usage_is_estimate) == ("client-gone", True)
    assert waited > PATIENCE if policy == "drain" else waited < PATIENCE
    assert front.upstream.wait_until(lambda: front.upstream.open_connections == 0), "it is let go"


def test_an_upstream_that_fails_within_a_stream(front: Front) -> None:
    before = count_records(front)
    front.upstream.answer_with([BEGUN, Wait(0.1), Reset()])
    exchange(front.address, messages_request(body=render_body(stream=True)))
    record = await_record(front, before)
    assert (record.outcome, record.usage_is_estimate) == ("upstream-failed", True)
    assert record.usage is not None
    assert (record.usage.input_tokens, record.usage.output_tokens) == (7, 1)


def test_an_upstream_that_refuses(front: Front) -> None:
    before = count_records(front)
    front.upstream.answer_with(answer(529, error_body("overloaded_error", "Overloaded")))
    assert exchange(front.address, messages_request()).status == 529
    record = await_record(front, before)
    assert (record.outcome, record.usage, record.usage_is_estimate) == ("refused-by-upstream", None, False)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("pieces", ["one-byte", "whole"])
def test_a_compressed_answer(front: Front, coding: bytes, pieces: str) -> None:
    before = count_records(front)
    compressed = CODINGS[coding](SHORT_STREAM)
    headers = (*SSE_HEADERS, (b"content-encoding", coding))
    front.upstream.answer_with(
        answer(
            200, compressed, headers=headers, framing="chunked", pieces="whole" if pieces == "whole" else "one-byte"
        )
    )
    assert exchange(front.address, messages_request(body=render_body(stream=True))).body == compressed
    coded = await_record(front, before)
    front.upstream.answer_with(sse_answer(SHORT_STREAM))
    exchange(front.address, messages_request(body=render_body(stream=True)))
    plain = await_record(front, before + 1)
    assert coded.usage == plain.usage
    assert (coded.usage_unread, coded.usage_is_estimate) == (None, False)


def test_a_decompression_bomb_hurts_nobody(front: Front) -> None:
    before = count_records(front)
    bomb = CODINGS[b"zstd"](bytes(500_000_000))
    front.upstream.answer_with(answer(200, bomb, headers=(*JSON_HEADERS, (b"content-encoding", b"zstd"))))
    resident = front.read_resident_bytes()
    assert exchange(front.address, messages_request()).body == bomb
    record = await_record(front, before)
    assert (record.usage_unread, record.usage_is_estimate) == ("expands-too-much", True)
    assert front.read_resident_bytes() - resident < 64 * 1024 * 1024
