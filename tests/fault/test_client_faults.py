"""Clients that leave, that read too slowly, or that send too slowly: none of them costs more than it must."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.support.front import Deadlines, Front, running_front
from tests.support.messages_requests import BASE_HEADERS, health_request, messages_request, render_body
from tests.support.raw_client import NoAnswer, RawClient, exchange
from tests.support.strict_http import render_chunks
from tests.support.upstream_script import (
    JSON_HEADERS,
    SSE_HEADERS,
    Answer,
    Send,
    Stall,
    Step,
    Wait,
    answer,
    render_events,
    render_head,
)

EVENT = render_events(("ping", {}))
STREAM_HEAD = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))
JSON_HEAD = render_head(200, (*JSON_HEADERS, (b"content-length", b"1000000")))

UNDER_WAY: dict[str, Answer] = {
    "before the headers": [Stall(10)],
    "mid-stream": [Send(STREAM_HEAD + render_chunks([EVENT])[:-5]), Stall(10)],
    "mid-JSON": [Send(JSON_HEAD + b'{"type":'), Stall(10)],
}


@pytest.fixture(scope="module")
def shared_front() -> Iterator[Front]:
    with running_front() as front:
        exchange(front.address, messages_request())
        yield front
        assert "Traceback" not in front.read_log(), front.read_log()


@pytest.fixture
def front(shared_front: Front) -> Iterator[Front]:
    shared_front.upstream.clear()
    yield shared_front
    assert shared_front.is_alive
    shared_front.upstream.clear()
    assert exchange(shared_front.address, messages_request()).status == 200


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("moment", UNDER_WAY)
def test_upstream_is_cancelled_when_the_client_leaves(front: Front, moment: str, leave: str) -> None:
    upstream = front.upstream
    upstream.answer_with(UNDER_WAY[moment])
    client = RawClient(front.address)
    client.send(messages_request(body=render_body(stream=moment == "mid-stream")))
    assert upstream.wait_until(lambda: len(upstream.requests) == 1)
    if moment == "mid-stream":
        client.read_until(b"ping")
    else:
        time.sleep(0.05)
    left_at = time.monotonic()
    client.reset() if leave == "reset" else client.close()
    assert upstream.wait_until(lambda: len(upstream.abandoned) == 1, 1.0), "the upstream goes on for nobody"
    assert upstream.abandoned[0] - left_at < 1.0


def test_client_that_leaves_while_sending_costs_nothing_upstream(front: Front) -> None:
    client = RawClient(front.address)
    client.send(messages_request()[:-5])
    client.reset()
    assert exchange(front.address, messages_request(b"after")).status == 200
    assert [r.values(b"x-marker") for r in front.upstream.requests] == [[b"after"]]


def test_requests_behind_one_whose_client_left_are_not_sent(front: Front) -> None:
    upstream = front.upstream
    upstream.answer_with([Stall(10)])
    client = RawClient(front.address)
    client.send(messages_request(b"first") + messages_request(b"second"))
    assert upstream.wait_until(lambda: len(upstream.requests) == 1)
    client.reset()
    assert upstream.wait_until(lambda: len(upstream.abandoned) == 1, 1.0)
    time.sleep(0.05)
    assert len(upstream.requests) == 1


# Slow readers

MEGABYTE = 1024 * 1024
LARGE = 15 * MEGABYTE
ALLOWED_GROWTH = {"sse": 5 * MEGABYTE, "json": 24 * MEGABYTE}
"""The usage of a JSON answer stands at its end, so what has passed of one is kept until it is whole: as much again as
the sockets' buffers took of each. Answers of models are not that large."""


def _large_stream() -> list[Step]:
    chunk = EVENT * (65_536 // len(EVENT))
    rendered = render_chunks([chunk])[:-5]
    return [Send(STREAM_HEAD), *[Send(rendered)] * (LARGE // len(chunk)), Send(b"0\r\n\r\n")]


def _large_json() -> list[Step]:
    head = render_head(200, (*JSON_HEADERS, (b"content-length", b"%d" % LARGE)))
    return [Send(head), *[Send(b" " * 65_536)] * (LARGE // 65_536)]


@pytest.mark.parametrize("kind", ["sse", "json"])
def test_four_stalled_readers_of_15_mb_hardly_grow_the_worker(kind: str) -> None:
    """What they do not take stays in the sockets' buffers and at the upstream. A small receive buffer makes them
    stall early; the first answer of each kind is read before measuring, so that the allocator is warm."""
    script = _large_stream() if kind == "sse" else _large_json()
    request = messages_request(body=render_body(stream=kind == "sse"))
    with running_front() as front:
        front.upstream.answer_with(script)
        warm_up = exchange(front.address, request, seconds=20)
        assert len(warm_up.body) >= LARGE - 65_536
        before = front.read_resident_bytes()
        clients = [RawClient(front.address, receive_buffer=16_384) for _ in range(4)]
        for client in clients:
            client.send(request)
        time.sleep(1.5)
        growth = front.read_resident_bytes() - before
        assert growth <= ALLOWED_GROWTH[kind], f"{growth / MEGABYTE:.1f} MB"
        for client in clients:
            assert client.read_response(seconds=20).body == warm_up.body
            client.close()


def test_slow_reader_slows_the_upstream(front: Front) -> None:
    front.upstream.answer_with(_large_stream())
    with RawClient(front.address, receive_buffer=16_384) as client:
        client.send(messages_request(body=render_body(stream=True)))
        time.sleep(0.5)
        # The upstream is still inside its answer: its connection is not free for another request.
        assert exchange(front.address, messages_request(), seconds=20).status == 200
        assert len({entry.connection for entry in front.upstream.recorded[-2:]}) == 2
        assert len(client.read_response(seconds=20).body) >= LARGE - 65_536


def test_others_are_served_while_a_reader_stalls(front: Front) -> None:
    front.upstream.answer_with(_large_stream())
    with RawClient(front.address, receive_buffer=16_384) as stalled:
        stalled.send(messages_request(body=render_body(stream=True)))
        time.sleep(0.2)
        front.upstream.answer_with(answer(200, b"{}"))
        for _ in range(20):
            assert exchange(front.address, messages_request(), seconds=1).status == 200


def test_client_that_sends_and_never_reads_is_not_read_without_bound(front: Front) -> None:
    """Pipelined requests wait in the client's own buffers while their answers are not taken."""
    with RawClient(front.address, receive_buffer=16_384) as client:
        client.socket.setblocking(False)
        block = health_request() * 1000
        sent = 0
        deadline = time.monotonic() + 3
        quiet_since = time.monotonic()
        while time.monotonic() < deadline and time.monotonic() - quiet_since < 0.5:
            try:
                sent += client.socket.send(block)
                quiet_since = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                break
        assert sent < 64 * MEGABYTE
    assert front.read_resident_bytes() < 200 * MEGABYTE


# Slow senders

SHORT = Deadlines(head=0.6, body=0.6, idle=0.6)
SLACK = 1.5
"""Deadlines are looked at a few times a second."""


@pytest.fixture(scope="module")
def impatient_front() -> Iterator[Front]:
    with running_front(deadlines=SHORT) as front:
        yield front
        assert "Traceback" not in front.read_log(), front.read_log()


def _drip(client: RawClient, data: bytes, seconds: float) -> None:
    """One byte every 50 ms, so that the connection is never silent."""
    deadline = time.monotonic() + seconds
    for byte in data:
        if client.fate is not None or time.monotonic() > deadline:
            return
        client.send(bytes([byte]))
        client.wait_readable(0.05)


SLOW: dict[str, bytes] = {
    "request line": b"GET /healthz",
    "head": messages_request()[:60],
    "nothing after an empty line": b"\r\n",
}


@pytest.mark.parametrize("part", SLOW)
def test_slow_head_is_cut_off_at_its_deadline(impatient_front: Front, part: str) -> None:
    with RawClient(impatient_front.address) as client:
        started = time.monotonic()
        client.send(SLOW[part])
        assert client.read_fate(seconds=SHORT.head + SLACK + 2.5) is not None
        assert SHORT.head * 0.5 < time.monotonic() - started
        _check_cut_off(client)


def test_dripping_head_is_cut_off_at_its_deadline(impatient_front: Front) -> None:
    """Slow loris: a byte now and then does not prolong the deadline of a head."""
    with RawClient(impatient_front.address) as client:
        started = time.monotonic()
        _drip(client, b"GET /healthz HTTP/1.1\r\nHost: front-tests.localhost\r\nX-Slow: " + b"a" * 400, 6)
        client.read_fate(seconds=1)
        assert client.fate is not None
        assert time.monotonic() - started < SHORT.head + SLACK + 2.5
        _check_cut_off(client)


@pytest.mark.parametrize("framing", ["content-length", "chunked"])
def test_silent_body_is_cut_off_at_its_deadline(impatient_front: Front, framing: str) -> None:
    coding = ((b"transfer-encoding", b"chunked"),) if framing == "chunked" else ((b"content-length", b"1000"),)
    head = b"POST /anthropic/v1/messages HTTP/1.1\r\n" + b"".join(
        b"%b: %b\r\n" % header for header in (*BASE_HEADERS, *coding)
    )
    with RawClient(impatient_front.address) as client:
        client.send(head + b'\r\n3e8\r\n{"model":' if framing == "chunked" else head + b'\r\n{"model":')
        assert client.read_fate(seconds=SHORT.body + SLACK + 3.5) is not None
        _check_cut_off(client)
    assert impatient_front.upstream.requests == []


def test_dripping_body_is_cut_off(impatient_front: Front) -> None:
    """At 20 bytes a second a body of 32 MB would take 19 days."""
    with RawClient(impatient_front.address) as client:
        client.send(messages_request(body=b"x" * 100_000).partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        started = time.monotonic()
        _drip(client, b"x" * 400, 8)
        client.read_fate(seconds=1)
        assert client.fate is not None, f"still open after {time.monotonic() - started:.1f} s"
        _check_cut_off(client)


def _check_cut_off(client: RawClient) -> None:
    """408 and closed, or closed without a word."""
    try:
        response = client.read_response(seconds=0.1)
    except NoAnswer:
        assert not client.received
    else:
        assert response.status == 408
        assert response.values(b"connection") == [b"close"]


def test_idle_connection_is_closed_without_a_word(impatient_front: Front) -> None:
    with RawClient(impatient_front.address) as client:
        client.send(health_request())
        assert client.read_response().status == 200
        assert client.read_fate(seconds=SHORT.idle + SLACK + 2.5) == "closed"
        assert not client.received


def test_connection_that_never_speaks_is_closed(impatient_front: Front) -> None:
    with RawClient(impatient_front.address) as client:
        assert client.read_fate(seconds=SHORT.idle + SLACK + 2.5) is not None
        _check_cut_off(client)


def test_deadlines_of_a_request_do_not_count_while_its_answer_is_awaited(impatient_front: Front) -> None:
    """Models think for minutes: only the client's own slowness is measured."""
    slow: Answer = [Wait(SHORT.head + SHORT.body + SLACK), *answer(200, b'{"slow":true}')]
    impatient_front.upstream.answer_with(slow)
    response = exchange(impatient_front.address, messages_request(), seconds=10)
    assert (response.status, response.body) == (200, b'{"slow":true}')
    impatient_front.upstream.clear()


def test_deadlines_start_again_with_every_request(impatient_front: Front) -> None:
    with RawClient(impatient_front.address) as client:
        for _ in range(5):
            time.sleep(SHORT.idle * 0.5)
            client.send(health_request())
            assert client.read_response().status == 200
