"""Requests and answers cross the gateway byte for byte, from a raw client to a recording upstream and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.front import Front, Route, running_front
from tests.support.messages_requests import (
    API_KEY,
    BASE_HEADERS,
    MESSAGES_TARGET,
    OTHER_API_KEY,
    UPSTREAM_CREDENTIAL,
    UPSTREAM_MODEL,
    messages_request,
    render_body,
)
from tests.support.raw_client import RawClient, exchange, render_request
from tests.support.strict_http import Headers, Response
from tests.support.upstream_script import (
    JSON_HEADERS,
    SHORT_STREAM,
    SSE_HEADERS,
    Answer,
    Close,
    Framing,
    Pieces,
    Send,
    Step,
    Wait,
    answer,
    render_head,
    sse_answer,
)

from .request_shapes import REFUSED, SHAPES, Shape


def test_there_are_at_least_fifty_request_shapes() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) >= 50


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_only_the_value_of_model_changes(front: Front, shape: Shape) -> None:
    answer = exchange(front.address, messages_request(body=shape.sent))
    assert answer.status == 200, answer.body[:300]
    [request] = front.upstream.requests
    assert request.body == shape.received


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_messages_request_is_refused_and_not_sent_on(front: Front, name: str) -> None:
    answer = exchange(front.address, messages_request(body=REFUSED[name]))
    assert answer.status == 400, answer.body[:300]
    assert json.loads(answer.body)["error"]["type"] == "invalid_request_error"
    assert front.upstream.requests == []


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_a_body_that_arrives_in_pieces_is_forwarded_whole(front: Front, cut: int) -> None:
    sent = messages_request(body=render_body(text="pieces " * 20))
    with RawClient(front.address) as client:
        for position in range(0, len(sent), cut):
            client.send(sent[position : position + cut])
        assert client.read_response().status == 200
    assert front.upstream.requests[0].body == render_body(deployment_name=UPSTREAM_MODEL, text="pieces " * 20)


NAMES_OUTSIDE_ASCII = [("nasazení-ž", "modèle-é"), ("展開", "模型"), ('quo"te\\', 'quo"te\\'), ("😀", "😀 model")]


@pytest.fixture(scope="module")
def front_with_odd_names() -> Iterator[Front]:
    routes = [Route(deployment_name=deployment, upstream_model=model) for deployment, model in NAMES_OUTSIDE_ASCII]
    with running_front(routes=routes) as front:
        yield front


@pytest.mark.parametrize(("deployment", "model"), NAMES_OUTSIDE_ASCII)
@pytest.mark.parametrize("escaped", [True, False])
def test_names_outside_ascii_find_their_deployment(
    front_with_odd_names: Front, deployment: str, model: str, escaped: bool
) -> None:
    front = front_with_odd_names
    front.upstream.clear()
    body = json.dumps({"model": deployment, "x": deployment}, ensure_ascii=escaped).encode()
    assert exchange(front.address, messages_request(body=body)).status == 200
    received = front.upstream.requests[0].body
    assert json.loads(received) == {"model": model, "x": deployment}
    assert received.endswith(body[body.index(b', "x"') :])


# Answers


FRAMINGS: list[Framing] = ["chunked", "content-length", "eof"]
PIECES: list[Pieces] = ["one-byte", 20261122, "whole"]


def list_streams(fixtures: Path) -> list[Path]:
    return sorted(fixtures.rglob("*.sse"))


@pytest.mark.parametrize("pieces", PIECES)
def test_every_recorded_stream_arrives_byte_for_byte(front: Front, fixtures_dir: Path, pieces: Pieces) -> None:
    streams = list_streams(fixtures_dir)
    assert streams
    with RawClient(front.address) as client:
        for number, path in enumerate(streams):
            recorded = path.read_bytes()
            if pieces == "one-byte":
                recorded = recorded[:60_000]
            front.upstream.answer_with(sse_answer(recorded, pieces=pieces))
            client.send(messages_request(b"%d" % number, body=render_body(stream=True)))
            received = client.read_response(seconds=20)
            assert received.body == recorded, path.name


@pytest.mark.parametrize("pieces", PIECES)
def test_every_recorded_answer_arrives_byte_for_byte(front: Front, fixtures_dir: Path, pieces: Pieces) -> None:
    answers = sorted(p for p in fixtures_dir.rglob("*.json") if not p.name.endswith(".meta.json"))
    assert answers
    with RawClient(front.address) as client:
        for path in answers:
            recorded = path.read_bytes()
            front.upstream.answer_with(answer(200, recorded, pieces=pieces))
            client.send(messages_request())
            assert client.read_response(seconds=20).body == recorded, path.name


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("pieces", PIECES)
def test_a_stream_arrives_however_it_is_framed_and_cut(front: Front, framing: Framing, pieces: Pieces) -> None:
    front.upstream.answer_with(sse_answer(SHORT_STREAM, pieces=pieces, framing=framing))
    received = exchange(front.address, messages_request(body=render_body(stream=True)))
    assert (received.status, received.body) == (200, SHORT_STREAM)
    assert received.framing in ("chunked", "content-length")


ODD_BODIES = {
    "nothing": b"",
    "bytes that are no text": bytes(range(256)) * 50,
    "CRLF line ends": b'event: message_stop\r\ndata: {"type":"message_stop"}\r\n\r\n',
    "CR line ends": b'event: message_stop\rdata: {"type":"message_stop"}\r\r',
    "comments": b": keep-alive\n\n: again\n\n",
    "no end": b'event: message_start\ndata: {"type":"message_start"',
    "data in two lines": b'event: ping\ndata: {"type":\ndata: "ping"}\n\n',
    "a byte order mark": b"\xef\xbb\xbfevent: ping\ndata: {}\n\n",
    "an event nobody knows": b"event: not_yet_invented\ndata: {}\nid: 7\nretry: 10\n\n",
    "an event of 3 MB": b'event: content_block_delta\ndata: {"x":"' + b"x" * 3_000_000 + b'"}\n\n',
    "a line of 3 MB without an end": b"data: " + b"x" * 3_000_000,
}


@pytest.mark.parametrize("name", ODD_BODIES)
@pytest.mark.parametrize("headers", [JSON_HEADERS, SSE_HEADERS], ids=["json", "sse"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_any_body_arrives_byte_for_byte(front: Front, name: str, headers: Headers, framing: Framing) -> None:
    front.upstream.answer_with(answer(200, ODD_BODIES[name], headers=headers, framing=framing))
    received = exchange(front.address, messages_request(body=render_body(stream=headers is SSE_HEADERS)))
    assert received.status == 200
    assert received.body == ODD_BODIES[name]


def test_the_first_event_leaves_before_the_second_arrives(front: Front) -> None:
    events = [event + b"\n\n" for event in SHORT_STREAM.split(b"\n\n")[:-1]]
    steps: list[Step] = [Send(render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked"))))]
    for event in events:
        steps += [Send(b"%x\r\n%b\r\n" % (len(event), event)), Wait(0.1)]
    front.upstream.answer_with([*steps, Send(b"0\r\n\r\n")])
    with RawClient(front.address) as client:
        client.send(messages_request(body=render_body(stream=True)))
        assert events[1] not in client.read_until(events[0], seconds=1)
        assert client.read_response().body == SHORT_STREAM


def test_interim_answers_are_not_the_answer(front: Front) -> None:
    interim: Answer = [
        Send(b"HTTP/1.1 100 Continue\r\n\r\n"),
        Send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        *answer(200, b'{"type":"message"}'),
    ]
    front.upstream.answer_with(interim)
    received = exchange(front.address, messages_request())
    assert (received.status, received.body) == (200, b'{"type":"message"}')
    assert received.values(b"link") == []


@pytest.mark.parametrize("status", [200, 201, 299, 400, 401, 403, 404, 413, 422, 429, 500, 503, 529, 599])
def test_status_and_body_of_the_upstream_come_back(front: Front, status: int) -> None:
    body = b'{"type": "error" , "error": {"type": "x", "message": "y"}}'
    front.upstream.answer_with(answer(status, body))
    received = exchange(front.address, messages_request())
    assert (received.status, received.body) == (status, body)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(front: Front, status: int) -> None:
    target = (b"location", f"{front.upstream.base_url}/elsewhere".encode())
    front.upstream.answer_with(answer(status, b"{}", headers=(*JSON_HEADERS, target)))
    received = exchange(front.address, messages_request())
    assert len(front.upstream.requests) == 1
    assert received.status in (status, 500, 502)


def test_an_answer_without_content_has_none(front: Front) -> None:
    front.upstream.answer_with([Send(render_head(204, ()))])
    with RawClient(front.address) as client:
        client.send(messages_request() + messages_request())
        for _ in range(2):
            received = client.read_response()
            assert (received.status, received.body) == (204, b"")
            assert received.values(b"transfer-encoding") == []


# Headers


def test_end_to_end_request_headers_arrive_in_order_and_as_spelled(front: Front) -> None:
    mine: Headers = (
        (b"anthropic-beta", b"context-1m-2025-08-07, not-yet-invented-2030-01-01"),
        (b"Anthropic-Beta", b"second-line-2025-01-01"),
        (b"X-Stainless-Lang", b"python"),
        (b"x-STAINLESS-retry-count", b"0"),
        (b"Accept", b"application/json"),
        (b"accept-encoding", b"identity"),
        (b"User-Agent", b"AnthropicFoundry/Python 2.12.0"),
        (b"X-Repeated", b"one"),
        (b"X-Repeated", b"two"),
        (b"x-repeated", b"one"),
        (b"X-Empty", b""),
        (b"X-Spaces", b"a  b\tc"),
        (b"X-Long", b"v" * 4000),
        (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        (b"content_length", b"5"),
    )
    exchange(front.address, messages_request(headers=mine))
    [request] = front.upstream.requests
    expected = [(b"anthropic-version", b"2023-06-01"), (b"content-type", b"application/json"), *mine]
    names = {name.lower() for name, _ in expected}
    assert [header for header in request.headers if header[0].lower() in names] == expected


def test_nothing_else_is_added_to_a_request_but_framing_host_and_credential(front: Front) -> None:
    exchange(front.address, messages_request())
    [request] = front.upstream.requests
    added = {name.lower() for name, _ in request.headers} - {b"anthropic-version", b"content-type"}
    assert added == {b"host", b"content-length", b"x-api-key"}
    assert request.values(b"host") == [front.upstream.base_url.removeprefix("http://").encode()]
    assert request.values(b"x-api-key") == [UPSTREAM_CREDENTIAL]


CREDENTIALS: dict[str, Headers] = {
    "api-key": ((b"api-key", API_KEY),),
    "API-KEY": ((b"API-KEY", API_KEY),),
    "second key": ((b"api-key", OTHER_API_KEY),),
    "x-api-key": ((b"x-api-key", API_KEY),),
    "both": ((b"x-api-key", API_KEY), (b"api-key", API_KEY)),
    "bearer": ((b"Authorization", b"Bearer " + API_KEY),),
    "bearer in lower case": ((b"authorization", b"bearer " + API_KEY),),
    "key and another authorization": ((b"api-key", API_KEY), (b"Authorization", b"Basic c2VjcmV0LXBhcnQ=")),
}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_no_credential_of_the_client_reaches_the_upstream(front: Front, name: str) -> None:
    base = (BASE_HEADERS[0], *CREDENTIALS[name], *BASE_HEADERS[2:])
    assert exchange(front.address, messages_request(base=base)).status == 200
    [request] = front.upstream.requests
    for secret in (API_KEY, OTHER_API_KEY, b"c2VjcmV0LXBhcnQ="):
        assert secret not in request.head_bytes
    assert request.values(b"authorization") == []
    assert request.values(b"x-api-key") == [UPSTREAM_CREDENTIAL]


@pytest.mark.parametrize(
    "name",
    [
        b"X-Forwarded-For",
        b"x-forwarded-host",
        b"X-FORWARDED-PROTO",
        b"X-Forwarded-Port",
        b"X-Forwarded-Anything",
        b"Forwarded",
        b"Via",
        b"X-Real-IP",
        b"Proxy-Authorization",
        b"Proxy-Connection",
        b"Keep-Alive",
        b"TE",
        b"Trailer",
        b"Upgrade",
    ],
)
def test_forwarding_and_hop_by_hop_headers_end_here(front: Front, name: bytes) -> None:
    exchange(front.address, messages_request(headers=((name, b"ends-here"),)))
    assert b"ends-here" not in front.upstream.requests[0].head_bytes


KEPT_HEADERS: Headers = (
    (b"X-Custom", b"one"),
    (b"x-CUSTOM", b"two"),
    (b"anthropic-not-yet-invented", b"kept"),
    (b"Retry-After", b"7"),
    (b"Vary", b"Accept-Encoding"),
    (b"X-Empty", b""),
    (b"X-Latin", b"caf\xe9"),
)

DROPPED_NAMES = (
    b"anthropic-ratelimit-requests-limit",
    b"Anthropic-RateLimit-Tokens-Remaining",
    b"anthropic-organization-id",
    b"Server",
    b"Via",
    b"Set-Cookie",
    b"CF-RAY",
    b"cf-cache-status",
    b"Alt-Svc",
    b"Strict-Transport-Security",
    b"X-Powered-By",
    b"Keep-Alive",
    b"Proxy-Authenticate",
    b"Upgrade",
    b"Trailer",
)


@pytest.mark.parametrize("stream", [False, True])
def test_end_to_end_answer_headers_come_back_as_spelled(front: Front, stream: bool) -> None:
    received = _answer_with_headers(front, KEPT_HEADERS, stream=stream)
    names = {name.lower() for name, _ in KEPT_HEADERS}
    assert [header for header in received.headers if header[0].lower() in names] == list(KEPT_HEADERS)
    assert len(received.values(b"apim-request-id")) == 1
    assert received.values(b"content-type") == [dict(SSE_HEADERS if stream else JSON_HEADERS)[b"content-type"]]


def test_the_upstreams_request_id_is_kept(front: Front) -> None:
    received = _answer_with_headers(front, ((b"Request-Id", b"req_of_the_upstream"),))
    assert received.values(b"request-id") == [b"req_of_the_upstream"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", DROPPED_NAMES)
def test_the_upstreams_own_identity_stays_behind(front: Front, name: bytes, stream: bool) -> None:
    received = _answer_with_headers(front, ((name, b"stays-behind"),), stream=stream)
    assert b"stays-behind" not in received.head_bytes
    assert len(received.values(b"request-id")) == 1


def test_headers_that_the_upstreams_connection_header_names_stay_behind(front: Front) -> None:
    headers = ((b"X-Hop", b"stays-behind"), (b"Connection", b"keep-alive, x-hop"))
    assert b"stays-behind" not in _answer_with_headers(front, headers).head_bytes


def test_a_trailer_of_the_upstream_stays_behind(front: Front) -> None:
    head = render_head(200, (*SSE_HEADERS, (b"transfer-encoding", b"chunked")))
    front.upstream.answer_with([Send(head + b"2\r\n\n\n\r\n0\r\nX-Trailer: stays-behind\r\n\r\n")])
    with RawClient(front.address) as client:
        client.send(messages_request(body=render_body(stream=True)) + messages_request())
        assert client.read_response().body == b"\n\n"
        assert b"stays-behind" not in client.read_response().head_bytes


def test_date_and_ids_are_sent_once(front: Front) -> None:
    received = _answer_with_headers(
        front, ((b"apim-request-id", b"of-another-foundry"), (b"date", b"Sun, 22 Nov 2026 17:00:00 GMT"))
    )
    assert len(received.values(b"apim-request-id")) == 1
    assert len(received.values(b"request-id")) == 1
    assert len(received.values(b"date")) <= 1


def _answer_with_headers(front: Front, headers: Headers, *, stream: bool = False) -> Response:
    content = SSE_HEADERS if stream else JSON_HEADERS
    front.upstream.answer_with(answer(200, SHORT_STREAM if stream else b"{}", headers=(*content, *headers)))
    received = exchange(front.address, messages_request(body=render_body(stream=stream)))
    assert received.status == 200
    return received


# The connection to the upstream


def test_one_upstream_connection_serves_many_requests(front: Front) -> None:
    with RawClient(front.address) as client:
        for _ in range(10):
            client.send(messages_request())
            assert client.read_response().status == 200
    assert len({entry.connection for entry in front.upstream.recorded}) == 1


def test_count_tokens_goes_to_its_own_path(front: Front) -> None:
    front.upstream.answer_with(answer(200, b'{"input_tokens": 14}'))
    target = MESSAGES_TARGET + b"/count_tokens?beta=true"
    received = exchange(front.address, render_request(b"POST", target, BASE_HEADERS, render_body()))
    assert (received.status, received.body) == (200, b'{"input_tokens": 14}')
    [request] = front.upstream.requests
    assert (request.method, request.target) == (b"POST", b"/v1/messages/count_tokens?beta=true")
    assert request.body == render_body(deployment_name=UPSTREAM_MODEL)


def test_an_answer_that_ends_with_its_connection_is_whole(front: Front) -> None:
    front.upstream.answer_with([Send(render_head(200, JSON_HEADERS) + b'{"a":'), Send(b"1}"), Close()])
    received = exchange(front.address, messages_request())
    assert (received.status, received.body) == (200, b'{"a":1}')
