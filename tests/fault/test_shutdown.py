"""SIGTERM: what is under way is finished, nothing new is begun, and the deadline is kept."""

from __future__ import annotations

import time

from tests.support.front import Deadlines, Front, running_front
from tests.support.messages_requests import health_request, messages_request, render_body
from tests.support.raw_client import NoAnswer, RawClient
from tests.support.strict_http import render_chunks
from tests.support.upstream_script import (
    SHORT_STREAM,
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

STREAM_HEAD = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))
STREAM_REQUEST = messages_request(body=render_body(stream=True))
EVENTS = [event + b"\n\n" for event in SHORT_STREAM.split(b"\n\n")[:-1]]


def _slow_stream(pause: float) -> Answer:
    steps: list[Step] = [Send(STREAM_HEAD)]
    for event in EVENTS:
        steps += [Send(render_chunks([event])[:-5]), Wait(pause)]
    return [*steps, Send(b"0\r\n\r\n")]


def _await_exit(front: Front, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while front.is_alive and time.monotonic() < deadline:
        time.sleep(0.02)
    return front.process.poll()


def _is_served(front: Front) -> bool:
    """Whether somebody new is answered with anything but a refusal to serve."""
    try:
        with RawClient(front.address) as client:
            client.send(messages_request(b"too-late"))
            return client.read_response(seconds=1).status != 503
    except (OSError, NoAnswer):
        return False


def test_stream_under_way_is_finished_and_nobody_new_is_served() -> None:
    with running_front(deadlines=Deadlines(drain=10)) as front, RawClient(front.address) as client:
        front.upstream.answer_with(_slow_stream(0.2))
        client.send(STREAM_REQUEST)
        client.read_until(b"message_start")
        front.terminate()
        time.sleep(0.2)
        assert not _is_served(front)
        assert client.read_response(seconds=5).body == SHORT_STREAM
        assert client.read_fate(seconds=2) == "closed"
        assert _await_exit(front, 3) == 0, front.read_log()
        assert all(r.values(b"x-marker") != [b"too-late"] for r in front.upstream.requests)


def test_json_answer_under_way_is_finished() -> None:
    with running_front(deadlines=Deadlines(drain=10)) as front, RawClient(front.address) as client:
        front.upstream.answer_with([Wait(0.6), *answer(200, b'{"late":true}')])
        client.send(messages_request())
        assert front.upstream.wait_until(lambda: len(front.upstream.requests) == 1)
        front.terminate()
        response = client.read_response(seconds=5)
        assert (response.status, response.body) == (200, b'{"late":true}')
        assert client.read_fate(seconds=2) == "closed"
        assert _await_exit(front, 3) == 0


def test_idle_connections_do_not_hold_it_up() -> None:
    with running_front(deadlines=Deadlines(drain=10)) as front:
        clients = [RawClient(front.address) for _ in range(10)]
        for client in clients[:5]:
            client.send(health_request())
            assert client.read_response().status == 200
        front.terminate()
        started = time.monotonic()
        assert _await_exit(front, 5) == 0, front.read_log()
        assert time.monotonic() - started < 3
        for client in clients:
            assert client.read_fate(seconds=1) is not None
            client.close()


def test_deadline_ends_a_stream_that_would_go_on() -> None:
    """The client learns that its stream is not whole: an error event, or no clean end."""
    ping = render_chunks([render_events(("ping", {}))])[:-5]
    with running_front(deadlines=Deadlines(drain=1)) as front, RawClient(front.address) as client:
        front.upstream.answer_with(
            [Send(STREAM_HEAD), *[step for _ in range(200) for step in (Send(ping), Wait(0.1))], Stall()]
        )
        client.send(STREAM_REQUEST)
        client.read_until(b"ping")
        front.terminate()
        started = time.monotonic()
        assert _await_exit(front, 6) is not None
        assert 0.5 < time.monotonic() - started < 5
        client.read_fate(seconds=2)
        assert client.fate is not None
        try:
            body = client.read_response(seconds=1).body
        except NoAnswer:
            return
        assert b"event: error" in body


def test_request_that_was_pipelined_behind_the_last_is_not_begun() -> None:
    with running_front(deadlines=Deadlines(drain=10)) as front, RawClient(front.address) as client:
        front.upstream.answer_with(_slow_stream(0.1))
        client.send(STREAM_REQUEST)
        client.read_until(b"message_start")
        front.terminate()
        time.sleep(0.1)
        client.send(messages_request(b"too-late"))
        assert client.read_response(seconds=5).body == SHORT_STREAM
        try:
            assert client.read_response(seconds=2).status == 503
        except NoAnswer:
            assert client.fate is not None
        assert all(r.values(b"x-marker") != [b"too-late"] for r in front.upstream.requests)
        assert _await_exit(front, 5) == 0
