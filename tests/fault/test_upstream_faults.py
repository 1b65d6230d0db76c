"""The fault matrix: everything that can go wrong upstream, before an answer begins and in the middle of it.

Each fault ends in the documented answer, and leaves nothing behind: the upstream's connection is gone, the worker
holds as many descriptors as before, and it serves the next request.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.support.front import Front, Route, running_front
from tests.support.messages_requests import messages_request, render_body
from tests.support.raw_client import NoAnswer, RawClient, exchange
from tests.support.recording_upstream import refused_port
from tests.support.sse_events import Event, parse_events
from tests.support.strict_http import Response
from tests.support.upstream_script import (
    JSON_HEADERS,
    SHORT_STREAM,
    SSE_HEADERS,
    Answer,
    Close,
    Reset,
    Send,
    Stall,
    Step,
    Wait,
    answer,
    error_body,
    render_events,
    render_head,
    sse_answer,
)

PATIENCE = 0.5
"""The recording upstream's time-outs here, in seconds."""

REFUSED = "refused-deployment"
NO_SUCH_HOST = "lost-deployment"


@pytest.fixture(scope="module")
def faulty_front() -> Iterator[Front]:
    with refused_port() as port:
        routes = [
            Route(deployment_name=REFUSED, base_url=f"http://127.0.0.1:{port}"),
            Route(deployment_name=NO_SUCH_HOST, base_url="http://no-such-host.invalid"),
        ]
        with running_front(routes=routes, first_byte_timeout=PATIENCE, idle_timeout=PATIENCE) as front:
            exchange(front.address, messages_request())
            yield front
            assert "Traceback" not in front.read_log(), front.read_log()


@pytest.fixture
def front(faulty_front: Front) -> Iterator[Front]:
    """Checks after every test that the fault left nothing behind."""
    upstream = faulty_front.upstream
    upstream.clear()
    upstream.drop_idle_connections()
    assert upstream.wait_until(lambda: upstream.open_connections == 0)
    descriptors = faulty_front.count_descriptors()
    yield faulty_front
    assert faulty_front.is_alive, faulty_front.read_log()
    violations = list(upstream.violations)
    upstream.clear()
    assert exchange(faulty_front.address, messages_request(b"after")).status == 200
    assert upstream.wait_until(lambda: upstream.open_connections <= 1)
    upstream.drop_idle_connections()
    assert upstream.wait_until(lambda: faulty_front.count_descriptors() <= descriptors), (
        descriptors,
        faulty_front.count_descriptors(),
    )
    assert violations == []


def check_error(response: Response, status: int, kind: str) -> None:
    """Anthropic's envelope, as the Messages API answers when the model service fails."""
    assert response.status == status, response.body[:300]
    document = json.loads(response.body)
    assert document["type"] == "error"
    assert document["error"]["type"] == kind
    assert document["error"]["message"]
    assert response.values(b"content-type") == [b"application/json"]
    assert response.values(b"request-id") == [document["request_id"].encode()]
    assert len(response.values(b"apim-request-id")) == 1


HEAD = render_head(200, (*JSON_HEADERS, (b"content-length", b"20")))
STREAM_HEAD = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))

BEFORE_HEADERS: dict[str, Answer] = {
    "reset": [Reset()],
    "closed": [Close()],
    "reset in the status line": [Send(b"HTTP/1.1 20"), Reset()],
    "reset in the headers": [Send(HEAD[:-10]), Reset()],
    "closed in the headers": [Send(HEAD[:-10]), Close()],
    "reset after an interim answer": [Send(b"HTTP/1.1 100 Continue\r\n\r\n"), Reset()],
    "no status line": [Send(b"hello\r\n\r\n"), Stall()],
    "another protocol": [Send(b"SSH-2.0-OpenSSH_9.9\r\n"), Stall()],
    "a TLS alert": [Send(b"\x15\x03\x01\x00\x02\x02\x46"), Stall()],
    "HTTP/2": [Send(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)), Stall()],
    "HTTP/3.0 in the status line": [Send(b"HTTP/3.0 200 OK\r\ncontent-length: 2\r\n\r\n{}"), Stall()],
    "no status": [Send(b"HTTP/1.1 OK\r\ncontent-length: 2\r\n\r\n{}"), Stall()],
    "a status of four digits": [Send(b"HTTP/1.1 2000 OK\r\ncontent-length: 2\r\n\r\n{}"), Stall()],
    "a header without a colon": [Send(b"HTTP/1.1 200 OK\r\nbroken\r\ncontent-length: 2\r\n\r\n{}"), Stall()],
    "a space before a colon": [Send(b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n{}"), Stall()],
    "NUL in a header": [Send(b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n{}"), Stall()],
    "two lengths": [Send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"), Stall()],
    "a length and chunks": [
        Send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        Stall(),
    ],
    "a negative length": [Send(b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}"), Stall()],
    "headers without end": [Send(b"HTTP/1.1 200 OK\r\n" + b"x: %b\r\n" % (b"y" * 1000) * 2000), Stall()],
    "interim answers without end": [Send(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20_000), Stall()],
    "switching protocols": [
        Send(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
        Stall(),
    ],
}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "sse"])
@pytest.mark.parametrize("fault", BEFORE_HEADERS)
def test_fault_before_headers_is_an_api_error(front: Front, fault: str, stream: bool) -> None:
    front.upstream.answer_with(BEFORE_HEADERS[fault])
    response = exchange(front.address, messages_request(body=render_body(stream=stream)))
    check_error(response, 500, "api_error")
    assert len(front.upstream.requests) == 1, "a POST is not sent again once the upstream may have acted on it"


@pytest.mark.parametrize("deployment", [REFUSED, NO_SUCH_HOST])
def test_upstream_that_cannot_be_reached_is_an_api_error(front: Front, deployment: str) -> None:
    response = exchange(front.address, messages_request(body=render_body(deployment_name=deployment)), seconds=10)
    check_error(response, 500, "api_error")


@pytest.mark.parametrize(
    "stalled",
    [[Stall()], [Send(b"HTTP/1.1 200 OK\r\n"), Stall()], [Send(b"HTTP/1.1 100 Continue\r\n\r\n"), Stall()]],
    ids=["at once", "in the headers", "after an interim answer"],
)
def test_stall_before_headers_is_a_timeout_error(front: Front, stalled: Answer) -> None:
    front.upstream.answer_with(stalled)
    response = exchange(front.address, messages_request(), seconds=PATIENCE + 2)
    check_error(response, 504, "timeout_error")
    assert front.upstream.wait_until(lambda: front.upstream.open_connections == 0, 1)


PASSED_ON = {
    "429": (429, "rate_limit_error", ((b"retry-after", b"7"),)),
    "500": (500, "api_error", ()),
    "529": (529, "overloaded_error", ()),
    "503 with retry-after": (503, "api_error", ((b"Retry-After", b"30"), (b"x-should-retry", b"true"))),
}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "sse"])
@pytest.mark.parametrize("name", PASSED_ON)
def test_an_upstreams_own_error_is_passed_on(front: Front, name: str, stream: bool) -> None:
    status, kind, headers = PASSED_ON[name]
    body = error_body(kind, "the upstream's own words")
    front.upstream.answer_with(answer(status, body, headers=(*JSON_HEADERS, *headers)))
    response = exchange(front.address, messages_request(body=render_body(stream=stream)))
    assert (response.status, response.body) == (status, body)
    for header, value in headers:
        assert response.values(header) == [value]
    assert len(response.values(b"request-id")) == len(response.values(b"apim-request-id")) == 1


# In the middle of a stream

HALF = SHORT_STREAM[: SHORT_STREAM.index(b"event: content_block_stop")]
TORN = HALF[:-20]
ERROR_EVENT = render_events(("error", {"error": {"type": "overloaded_error", "message": "Overloaded"}}))


def _chunk(data: bytes) -> Send:
    return Send(b"%x\r\n%b\r\n" % (len(data), data))


@dataclass(frozen=True, slots=True, kw_only=True)
class MidStream:
    """How a stream breaks off, and the error that its client is told."""

    answer: Answer
    kind: str = "api_error"
    relayed: bytes = HALF


MID_STREAM: dict[str, MidStream] = {
    "reset": MidStream(answer=[Send(STREAM_HEAD), _chunk(HALF), Reset()]),
    "reset inside an event": MidStream(answer=[Send(STREAM_HEAD), _chunk(TORN), Reset()], relayed=TORN),
    "reset inside a chunk": MidStream(answer=[Send(STREAM_HEAD), Send(b"fffff\r\n" + HALF), Reset()]),
    "closed between chunks": MidStream(answer=[Send(STREAM_HEAD), _chunk(HALF), Close()]),
    "closed inside a chunk": MidStream(answer=[Send(STREAM_HEAD), Send(b"fffff\r\n" + HALF), Close()]),
    "stall": MidStream(answer=[Send(STREAM_HEAD), _chunk(HALF), Stall()], kind="timeout_error"),
    "stall inside an event": MidStream(
        answer=[Send(STREAM_HEAD), _chunk(TORN), Stall()], kind="timeout_error", relayed=TORN
    ),
    "stall of a stream that ends with its connection": MidStream(
        answer=[Send(render_head(200, (*SSE_HEADERS, (b"connection", b"close"))) + HALF), Stall()],
        kind="timeout_error",
    ),
    "malformed chunk size": MidStream(answer=[Send(STREAM_HEAD), _chunk(HALF), Send(b"zz\r\n"), Stall()]),
    "negative chunk size": MidStream(answer=[Send(STREAM_HEAD), _chunk(HALF), Send(b"-1\r\n"), Stall()]),
    "chunk size over 64 bits": MidStream(
        answer=[Send(STREAM_HEAD), _chunk(HALF), Send(b"1" + b"0" * 16 + b"\r\n"), Stall()]
    ),
    "chunk without its end": MidStream(
        answer=[Send(STREAM_HEAD), _chunk(HALF), Send(b"1\r\n\nXX"), Stall()], relayed=HALF
    ),
}


@pytest.mark.parametrize("fault", MID_STREAM)
def test_fault_mid_stream_ends_it_with_an_error_event(front: Front, fault: str) -> None:
    """No status is possible any more: an `error` event, then the end that a whole answer has."""
    scripted = MID_STREAM[fault]
    front.upstream.answer_with(scripted.answer)
    with RawClient(front.address) as client:
        client.send(messages_request(body=render_body(stream=True)))
        response = client.read_response(seconds=PATIENCE + 2)
    assert response.status == 200
    assert response.framing == "chunked"
    assert response.body.startswith(scripted.relayed)
    check_last_event_is_error(parse_events(response.body), scripted.kind)
    assert front.upstream.wait_until(lambda: front.upstream.open_connections == 0, 1)


@pytest.mark.parametrize("end", [Reset(), Close(), Stall()], ids=["reset", "closed", "stall"])
def test_stream_of_a_given_length_that_breaks_off_is_never_taken_for_a_whole_one(front: Front, end: Step) -> None:
    """No model server sends one. Its length went out already, so an error event may have no place in it: then the
    connection ends before the answer does."""
    front.upstream.answer_with([Send(render_head(200, (*SSE_HEADERS, (b"content-length", b"9999"))) + HALF), end])
    with RawClient(front.address) as client:
        client.send(messages_request(body=render_body(stream=True)))
        try:
            response = client.read_response(seconds=PATIENCE + 2)
        except NoAnswer:
            assert client.fate is not None, "the connection stays open and the client waits forever"
        else:
            kind = "timeout_error" if isinstance(end, Stall) else "api_error"
            check_last_event_is_error(parse_events(response.body), kind)


def check_last_event_is_error(events: list[Event], kind: str) -> None:
    last = events[-1]
    assert last.name == "error"
    assert [event.name for event in events].count("error") == 1
    # When an event was torn, its data stands before the error's own line.
    document = json.loads(last.data.rpartition("\n")[2])
    assert document["type"] == "error"
    assert document["error"]["type"] == kind
    assert document["error"]["message"]


def test_fault_mid_stream_ends_it_for_an_http_1_0_client_too(front: Front) -> None:
    front.upstream.answer_with([Send(STREAM_HEAD), _chunk(HALF), Reset()])
    request = messages_request(body=render_body(stream=True)).replace(b"HTTP/1.1", b"HTTP/1.0", 1)
    response = exchange(front.address, request)
    assert response.framing == "eof"
    check_last_event_is_error(parse_events(response.body), "api_error")


def test_fault_after_the_head_and_before_the_first_event(front: Front) -> None:
    """The status may or may not be out already; either way the client is told once."""
    front.upstream.answer_with([Send(STREAM_HEAD), Reset()])
    response = exchange(front.address, messages_request(body=render_body(stream=True)))
    if response.status == 200:
        check_last_event_is_error(parse_events(response.body), "api_error")
    else:
        check_error(response, 500, "api_error")


def test_an_upstreams_own_error_event_is_passed_on(front: Front) -> None:
    front.upstream.answer_with(sse_answer(HALF + ERROR_EVENT))
    response = exchange(front.address, messages_request(body=render_body(stream=True)))
    assert (response.status, response.body) == (200, HALF + ERROR_EVENT)


def test_an_upstreams_own_error_event_before_a_reset_is_enough(front: Front) -> None:
    front.upstream.answer_with([Send(STREAM_HEAD), _chunk(HALF + ERROR_EVENT), Reset()])
    response = exchange(front.address, messages_request(body=render_body(stream=True)))
    names = [event.name for event in parse_events(response.body)]
    assert names[-1] == "error"
    assert response.body.startswith(HALF + ERROR_EVENT)


# In the middle of a JSON answer

MID_JSON: dict[str, Answer] = {
    "reset": [Send(HEAD + b'{"type":'), Reset()],
    "closed": [Send(HEAD + b'{"type":'), Close()],
    "stall": [Send(HEAD + b'{"type":'), Stall()],
    "reset between chunks": [
        Send(render_head(200, (*JSON_HEADERS, (b"transfer-encoding", b"chunked")))),
        _chunk(b'{"type":'),
        Reset(),
    ],
    "malformed chunk": [
        Send(render_head(200, (*JSON_HEADERS, (b"transfer-encoding", b"chunked")))),
        _chunk(b'{"type":'),
        Send(b"zz\r\n"),
        Stall(),
    ],
}


@pytest.mark.parametrize("fault", MID_JSON)
def test_json_answer_that_breaks_off_is_never_taken_for_a_whole_one(front: Front, fault: str) -> None:
    """Either nothing was sent yet, and the documented error can be; or the connection ends before the answer does."""
    front.upstream.answer_with(MID_JSON[fault])
    with RawClient(front.address) as client:
        client.send(messages_request())
        try:
            response = client.read_response(seconds=PATIENCE + 2)
        except NoAnswer:
            assert client.fate is not None, "the connection stays open and the client waits forever"
        else:
            assert response.framing != "eof"
            stalled = fault == "stall"
            check_error(response, 504 if stalled else 500, "timeout_error" if stalled else "api_error")
    assert front.upstream.wait_until(lambda: front.upstream.open_connections == 0, 1)


# Reused connections


def test_an_idle_connection_that_died_is_replaced_unseen(front: Front) -> None:
    assert exchange(front.address, messages_request(b"first")).status == 200
    front.upstream.drop_idle_connections()
    assert front.upstream.wait_until(lambda: front.upstream.open_connections == 0)
    assert exchange(front.address, messages_request(b"second")).status == 200
    assert [r.values(b"x-marker") for r in front.upstream.requests] == [[b"first"], [b"second"]]


def test_a_connection_that_dies_as_it_is_reused_is_tried_again_once(front: Front) -> None:
    """The upstream reads the request and closes without a byte: on a reused connection that is a race with its idle
    time-out, and the request may be sent again on a new connection."""
    upstream = front.upstream
    assert exchange(front.address, messages_request(b"first")).status == 200
    seen: list[int] = []

    def close_reused(_request: object) -> Answer:
        seen.append(upstream.recorded[-1].connection)
        return [Close()] if len(seen) == 1 else answer(200, b'{"type":"message"}')

    upstream.script = close_reused
    response = exchange(front.address, messages_request(b"second"))
    assert response.status == 200
    assert len(seen) == 2
    assert seen[0] != seen[1]


def test_a_new_connection_that_dies_is_not_tried_again(front: Front) -> None:
    front.upstream.answer_with([Close()])
    check_error(exchange(front.address, messages_request()), 500, "api_error")
    assert len(front.upstream.requests) == 1


UNASKED = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\nunasked"
FIRST = answer(200, b'{"first":1}')
UNASKED_ANSWERS: dict[str, Answer] = {
    "in the same read": [Send(b"".join(step.data for step in FIRST if isinstance(step, Send)) + UNASKED)],
    "in the read of its body": [FIRST[0], Wait(0.05), Send(b'{"first":1}' + UNASKED)],
    "at once": [*FIRST, Send(UNASKED)],
    "later": [*FIRST, Wait(0.1), Send(UNASKED)],
    "its beginning": [*FIRST, Send(UNASKED[:20])],
    "an empty line": [Send(b"".join(step.data for step in FIRST if isinstance(step, Send)) + b"\r\n")],
}


@pytest.mark.parametrize("when", UNASKED_ANSWERS)
def test_an_answer_nobody_asked_for_is_given_to_nobody(front: Front, when: str) -> None:
    """Once it has arrived: until then nothing tells it from an answer to the next request."""
    front.upstream.answer_with(UNASKED_ANSWERS[when])
    assert exchange(front.address, messages_request()).body == b'{"first":1}'
    time.sleep(0.2)
    front.upstream.answer_with(answer(200, b'{"second":2}'))
    response = exchange(front.address, messages_request())
    assert (response.status, response.body) == (200, b'{"second":2}')


@pytest.mark.parametrize("fault", ["reset", "stall", "malformed chunk size"])
def test_a_hundred_faults_leave_no_descriptor(front: Front, fault: str) -> None:
    """The fixture counts what is left."""
    scripted = MID_STREAM[fault].answer
    front.upstream.answer_with(scripted)
    clients = [RawClient(front.address) for _ in range(100)]
    for client in clients:
        client.send(messages_request(body=render_body(stream=True)))
    for client in clients:
        check_last_event_is_error(parse_events(client.read_response(seconds=10).body), MID_STREAM[fault].kind)
        client.close()
    assert front.upstream.wait_until(lambda: front.upstream.open_connections == 0)
