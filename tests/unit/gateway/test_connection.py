"""Bytes from a client in, bytes to the client out, what the upstream gets in between."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gateway.fake_front import (
    BODY,
    JSON,
    SSE,
    STREAM_BODY,
    FakeClient,
    FakeFront,
    render_request,
)

from ingate.domain.directory import Directory
from ingate.domain.upstream import UpstreamFailure
from ingate.gateway.connection import LINGER_BYTES, QUEUE_LIMIT, SMALL_BODY
from ingate.gateway.server import FrontLimits

ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_%d\r\napim-request-id: apim-%d\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
CONTENT_LENGTH_2 = (b"content-length", b"2")


def answer_of(number: int) -> bytes:
    return ANSWER % (number, number)


def statuses(client: FakeClient, method: bytes = b"POST") -> list[int]:
    """Of all answers so far, read by another parser, which would choke on wrong framing."""
    found: list[int] = []
    reader = h11.Connection(h11.CLIENT)
    data = client.takes()
    while data:
        reader.send(h11.Request(method=method, target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
        reader.send(h11.EndOfMessage())
        reader.receive_data(data)
        if client.transport.eof_written or client.transport.is_closing():
            reader.receive_data(b"")
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            assert event is not h11.NEED_DATA, data
            if isinstance(event, h11.Response):
                found.append(event.status_code)
        data, closed = reader.trailing_data
        if reader.our_state is h11.MUST_CLOSE:
            assert not data
            break
        del closed
        reader = h11.Connection(h11.CLIENT)
    return found


class TestOneRequest:
    def test_goes_to_the_upstream_and_its_answer_to_the_client(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(headers=[b"Content-Type: application/json", b"anthropic-beta: a,b"]))

        assert front.call.request.path == b"/v1/messages"
        assert front.call.body == BODY.replace(b"my-claude", b"fake-model")
        assert front.call.request.content_length == len(front.call.body)
        assert front.call.headers == [
            (b"anthropic-version", b"2023-06-01"),
            (b"Content-Type", b"application/json"),
            (b"anthropic-beta", b"a,b"),
        ]
        assert client.takes() == b""

        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == answer_of(1)
        assert client.transport.reading
        assert not client.transport.is_closing()

    @pytest.mark.parametrize("framing", [None, b"Transfer-Encoding: chunked"])
    def test_split_at_every_byte_is_the_same_request(self, framing: bytes | None) -> None:
        body = (
            BODY if framing is None else b"a\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (BODY[:10], len(BODY) - 10, BODY[10:])
        )
        request = render_request(body, framing=framing)
        for cut in range(1, len(request)):
            front = FakeFront()
            client = front.connect()
            client.sends(request[:cut])
            assert front.upstream.calls == []
            client.sends(request[cut:])
            assert front.call.body == BODY.replace(b"my-claude", b"fake-model")
            front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
            assert client.takes() == answer_of(1)

    def test_a_byte_a_read_is_the_same_request(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends_slowly(render_request())
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == answer_of(1)

    def test_a_query_goes_on_and_the_path_is_the_upstreams(self, front: FakeFront) -> None:
        front.connect().sends(render_request(target=b"/anthropic/v1/messages/count_tokens?beta=true&x=%2F"))
        assert (front.call.request.path, front.call.request.query) == (
            b"/v1/messages/count_tokens",
            b"beta=true&x=%2F",
        )

    def test_a_target_in_absolute_form_names_the_host(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(target=b"http://second-resource.localhost/anthropic/v1/messages"))
        assert statuses(client) == [401]

    def test_an_upgrade_is_ignored_and_the_request_served(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(headers=[b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c"]))
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert statuses(client) == [200]


requests = st.builds(
    render_request,
    st.sampled_from([BODY, STREAM_BODY, BODY + b" " * 50, b"{", BODY.replace(b"my-claude", b"other")]),
    headers=st.lists(
        st.sampled_from(
            [
                b"x-a: 1",
                b"x-a: 2",
                b"X-A: 1",
                b"anthropic-beta: b",
                b"Connection: x-a",
                b"api-key: wrong",
                b"Upgrade: h2c",
            ]
        ),
        max_size=3,
    ),
    method=st.sampled_from([b"POST", b"POST", b"PUT"]),
    target=st.sampled_from([b"/anthropic/v1/messages", b"/anthropic/v1/messages?beta=true", b"/nowhere"]),
    version=st.sampled_from([b"1.1", b"1.1", b"1.0"]),
)


def serve(client: FakeClient, front: FakeFront, request: bytes) -> object:
    """What the upstream gets of a request, or the status of its refusal; and whether the connection stays."""
    count = len(front.upstream.calls)
    client.sends(request)
    if len(front.upstream.calls) == count:
        return int(client.takes().split()[1]), client.transport.eof_written
    call = front.call
    call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
    client.takes()
    return call.request.path, call.request.query, call.headers, call.body, client.transport.eof_written


@settings(deadline=None)
@given(st.lists(requests, min_size=1, max_size=3).flatmap(lambda pool: st.lists(st.sampled_from(pool), max_size=6)))
def test_what_a_connection_served_before_makes_no_difference(requests: list[bytes]) -> None:
    """Heads that repeat are recognised; none may be taken for another."""
    front = FakeFront()
    client = front.connect()
    for request in requests:
        if client.transport.eof_written:
            client = front.connect()
        fresh = FakeFront()
        assert serve(client, front, request) == serve(fresh.connect(), fresh, request)


def test_a_new_directory_holds_for_open_connections(front: FakeFront) -> None:
    client = front.connect()
    client.sends(render_request())
    front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
    assert statuses(client) == [200]
    front.pipeline.directory = front.index(Directory(revision=8))
    client.sends(render_request())
    assert statuses(client) == [404]


def test_a_head_that_repeats_but_for_its_length_has_its_own_length() -> None:
    front = FakeFront(limits=FrontLimits(body_bytes=100))
    client = front.connect()
    client.sends(render_request())
    front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
    client.takes()
    client.sends(render_request(b"", framing=b"Content-Length: 101"))
    assert statuses(client) == [413]


class TestPipelining:
    def test_answers_come_in_the_order_of_the_requests(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(b"".join(render_request(headers=[b"x-number: %d" % number]) for number in range(20)))
        for number in range(20):
            assert len(front.upstream.calls) == number + 1
            assert (b"x-number", b"%d" % number) in front.call.headers
            front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == b"".join(answer_of(number + 1) for number in range(20))

    def test_reading_stops_while_many_requests_wait(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request() * QUEUE_LIMIT)
        assert client.transport.reading
        client.sends(render_request())
        assert not client.transport.reading
        for _ in range(QUEUE_LIMIT + 1):
            front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.transport.reading
        assert statuses(client) == [200] * (QUEUE_LIMIT + 1)

    def test_or_while_a_large_one_does(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request() + render_request(BODY + b" " * SMALL_BODY))
        assert not client.transport.reading
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.transport.reading

    def test_refusals_keep_their_place_in_line(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request() + render_request(target=b"/nowhere") + render_request())
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        front.call.answers(529, [JSON, CONTENT_LENGTH_2], b"{}")
        assert statuses(client) == [200, 404, 529]

    def test_what_is_no_request_ends_the_connection_after_the_answers_due(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request() + b"\x16\x03\x01 hello\r\n\r\n")
        assert client.takes() == b""
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert statuses(client) == [200, 400]
        assert client.transport.eof_written


class TestKeepAlive:
    def test_a_connection_serves_one_request_after_another(self, front: FakeFront) -> None:
        client = front.connect()
        for number in range(1, 4):
            client.sends(render_request())
            front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
            assert client.takes() == answer_of(number)

    def test_connection_close_is_obeyed_and_announced(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(headers=[b"Connection: close"]))
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert b"\r\nConnection: close\r\n" in client.takes()
        assert client.transport.eof_written

    def test_http_1_0_ends_with_its_answer_unless_it_asks_to_stay(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(version=b"1.0"))
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert b"Connection: close" in client.takes()
        assert client.transport.eof_written

    def test_http_1_0_that_asks_to_stay_is_told_that_it_may(self, front: FakeFront) -> None:
        """Such a client waits for the end of the connection unless the answer says that there will be none."""
        client = front.connect()
        client.sends(render_request(version=b"1.0", headers=[b"Connection: keep-alive"]))
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert b"\r\nConnection: keep-alive\r\n" in client.takes()
        assert not client.transport.eof_written

    def test_headers_that_connection_names_stay_here(self, front: FakeFront) -> None:
        front.connect().sends(
            render_request(headers=[b"Connection: x-mine, keep-alive", b"X-Mine: 1", b"x-yours: 2"])
        )
        assert [name for name, _ in front.call.headers] == [b"anthropic-version", b"x-yours"]


class TestFramingOfAnswers:
    def test_without_a_length_an_answer_is_chunked(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [SSE], b"event: ping\n\n", ended=False)
        head, _, body = client.takes().partition(b"\r\n\r\n")
        assert head.endswith(b"\r\nTransfer-Encoding: chunked")
        assert body == b"d\r\nevent: ping\n\n\r\n"
        front.call.sends(b"")
        assert client.takes() == b""
        front.call.sends(b"data: 1\n\n", ended=True)
        assert client.takes() == b"9\r\ndata: 1\n\n\r\n0\r\n\r\n"

    def test_a_head_does_not_wait_for_a_body(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [SSE], b"", ended=False)
        assert client.takes().endswith(b"Transfer-Encoding: chunked\r\n\r\n")

    def test_for_http_1_0_it_ends_with_the_connection(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(version=b"1.0", headers=[b"Connection: keep-alive"]))
        front.call.answers(200, [SSE], b"data: 1\n\n")
        head, _, body = client.takes().partition(b"\r\n\r\n")
        assert head.endswith(b"\r\nConnection: close")
        assert body == b"data: 1\n\n"
        assert client.transport.eof_written

    def test_a_status_without_body_has_no_framing(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(204, [(b"content-length", b"0")])
        answer = client.takes()
        assert b"ontent-" not in answer
        assert b"Transfer-" not in answer
        client.sends(render_request())
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == answer_of(2)

    def test_head_gets_the_headers_of_the_body_it_does_not_get(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        got = client.takes()
        client.sends(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.takes() == got.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        client.sends(render_request(b"", method=b"HEAD"))
        assert statuses(client, b"HEAD") == [405]

    def test_a_large_read_is_not_copied_together(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [JSON], b"x" * 100_000)
        assert client.takes().partition(b"\r\n\r\n")[2] == b"186a0\r\n" + b"x" * 100_000 + b"\r\n0\r\n\r\n"

    def test_a_head_that_cannot_be_sent_becomes_an_error_answer(self, front: FakeFront) -> None:
        for status in (200, 204):
            client = front.connect()
            client.sends(render_request())
            front.call.answers(status, [(b"x-evil", b"a\r\nSet-Cookie: b")], b"{}")
            answer = client.takes()
            assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
            assert b"evil" not in answer
            request_id = answer.partition(b"\r\nrequest-id: ")[2].partition(b"\r\n")[0]
            assert answer.endswith(b'"request_id":"%b"}' % request_id)
            assert front.call.cancelled

    def test_not_even_when_the_request_id_is_what_cannot_be_sent(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [(b"request-id", b"a\r\nSet-Cookie: b")], b"{}")
        assert statuses(client) == [500]
        assert [record.outcome for record in front.log.records] == ["upstream-failed"]


class TestExpectContinue:
    def test_the_client_is_told_to_go_on_once_it_is_known(self, front: FakeFront) -> None:
        client = front.connect()
        head, _, body = render_request(headers=[b"Expect: 100-continue"]).partition(b"\r\n\r\n")
        client.sends(head + b"\r\n\r\n")
        assert client.takes() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sends(body)
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == answer_of(1)
        assert all(name.lower() != b"expect" for name, _ in front.call.headers)

    def test_not_when_the_body_is_there_already(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(headers=[b"Expect: 100-continue"]))
        assert client.takes() == b""

    def test_a_stranger_is_refused_instead(self, front: FakeFront) -> None:
        client = front.connect()
        head = render_request(headers=[b"Expect: 100-continue"]).replace(b"key-one", b"key-none").partition(BODY)[0]
        client.sends(head)
        assert statuses(client) == [401]
        assert client.transport.eof_written

    def test_a_pipelined_one_waits_for_its_turn(self, front: FakeFront) -> None:
        client = front.connect()
        head = render_request(headers=[b"Expect: 100-continue"]).partition(BODY)[0]
        client.sends(render_request() + head)
        assert client.takes() == b""
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == answer_of(1) + b"HTTP/1.1 100 Continue\r\n\r\n"

    def test_another_expectation_cannot_be_met(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(headers=[b"Expect: a miracle"]))
        assert statuses(client) == [417]


class TestRefusedBodies:
    def test_a_small_one_is_read_and_the_connection_kept(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(b"x" * SMALL_BODY, target=b"/nowhere"))
        assert statuses(client) == [404]
        client.sends(render_request())
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert statuses(client) == [200]

    def test_a_large_one_is_not_waited_for(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(b"", target=b"/nowhere", framing=b"Content-Length: %d" % (SMALL_BODY + 1)))
        assert statuses(client) == [404]
        assert client.transport.eof_written

    def test_a_chunked_one_is_cut_off_where_it_becomes_large(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(b"", target=b"/nowhere", framing=b"Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(SMALL_BODY // 0x10000):
            client.sends(chunk)
        assert client.takes() == b""
        client.sends(chunk)
        assert statuses(client) == [404]

    def test_over_the_limit_is_refused_by_its_length_alone(self) -> None:
        front = FakeFront(limits=FrontLimits(body_bytes=100))
        client = front.connect()
        client.sends(render_request(b"", framing=b"Content-Length: 101"))
        assert statuses(client) == [413]
        assert front.upstream.calls == []

    def test_over_the_limit_is_refused_while_it_is_read(self) -> None:
        front = FakeFront(limits=FrontLimits(body_bytes=100))
        client = front.connect()
        client.sends(render_request(b"", framing=b"Transfer-Encoding: chunked") + b"64\r\n" + b"x" * 100)
        assert client.takes() == b""
        client.sends(b"\r\n1\r\nx")
        assert statuses(client) == [413]
        assert front.log.records[-1].error_code == "request_too_large"

    def test_what_a_client_sends_after_its_last_answer_is_bounded(self) -> None:
        front = FakeFront(limits=FrontLimits(body_bytes=100))
        client = front.connect()
        client.sends(render_request(b"", framing=b"Content-Length: 101"))
        client.sends(b"x" * LINGER_BYTES)
        assert not client.transport.aborted
        client.sends(b"x")
        assert client.transport.aborted

    def test_chunks_that_are_mostly_framing_are_refused(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(b"", framing=b"Transfer-Encoding: chunked"))
        for _ in range(40):
            client.sends(b"1;" + b"e" * 32_000 + b"\r\nx\r\n")
        assert statuses(client) == [400]


class TestHeadLimits:
    def test_too_many_headers(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(headers=[b"x-%d: y" % number for number in range(300)]))
        assert statuses(client) == [431]

    @pytest.mark.parametrize("part", [b"x: " + b"y" * 70_000, b"y" * 70_000 + b": x"], ids=["value", "name"])
    def test_too_large_a_header(self, front: FakeFront, part: bytes) -> None:
        client = front.connect()
        client.sends(render_request(headers=[part]))
        assert statuses(client) == [431]

    def test_too_large_before_any_header_is_whole(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(b"POST / HTTP/1.1\r\nx: ")
        for _ in range(70):
            client.sends(b"y" * 1000)
        assert statuses(client) == [431]

    def test_trailers_are_not_collected_for_ever(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(b"1\r\nx\r\n0\r\n", framing=b"Transfer-Encoding: chunked"))
        for _ in range(70):
            client.sends(b"x: " + b"y" * 16_000 + b"\r\n")
        assert statuses(client) == [400]


class TestDeadlines:
    def test_a_slow_head_is_told_so(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(b"POST / HT")
        front.wait(14.9)
        client.sends(b"TP/1.1\r\n")
        assert client.takes() == b""
        front.wait(0.2)
        assert statuses(client) == [408]
        assert client.transport.eof_written

    def test_a_slow_body_is_told_so_and_every_byte_earns_time(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(b"", framing=b"Content-Length: 10000"))
        client.sends(b"x" * 8192)
        front.wait(30.0 + 1.9)
        assert client.takes() == b""
        front.wait(0.2)
        assert statuses(client) == [408]

    def test_an_idle_connection_is_closed_without_a_word(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        client.takes()
        front.wait(74.9)
        assert not client.transport.closed
        front.wait(0.2)
        assert client.transport.closed
        assert client.takes() == b""

    def test_while_an_upstream_thinks_there_is_no_deadline(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.wait(100_000)
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert client.takes() == answer_of(1)

    def test_a_pipelined_head_has_its_time_from_the_answer_before_it(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request() + b"POST /")
        front.wait(1000)
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        front.wait(14.9)
        assert statuses(client) == [200]
        front.wait(0.2)
        assert statuses(client) == [408]

    def test_after_the_last_answer_a_client_has_a_moment_to_take_it(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(target=b"/nowhere", headers=[b"Connection: close"]))
        front.wait(1.9)
        assert not client.transport.aborted
        front.wait(0.2)
        assert client.transport.aborted

    def test_and_as_long_as_any_other_client_when_the_answer_is_still_on_its_way(self, front: FakeFront) -> None:
        client = front.connect()
        client.transport.stalled = True
        client.sends(render_request(headers=[b"Connection: close"]))
        front.call.answers(200, [JSON], b"x" * 1_000_000)
        front.wait(10)
        assert not client.transport.aborted
        client.transport.drain()
        front.wait(2.1)
        assert client.transport.aborted

    def test_a_client_that_never_reads_is_cut_off(self, front: FakeFront) -> None:
        client = front.connect()
        client.transport.stalled = True
        client.sends(render_request())
        front.call.answers(200, [SSE], b"x" * 100_000, ended=False)
        front.wait(299)
        assert not client.transport.aborted
        front.wait(2)
        assert client.transport.aborted


class TestBackpressure:
    def test_a_slow_client_slows_its_upstream(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        client.transport.stalled = True
        front.call.answers(200, [SSE], b"x" * 60_000, ended=False)
        assert not front.call.paused
        front.call.sends(b"x" * 10_000)
        assert front.call.paused
        client.transport.drain()
        assert not front.call.paused
        front.wait(100_000)
        assert not client.transport.aborted


class TestClientLeft:
    def test_while_it_waits(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        client.leaves()
        assert front.call.cancelled
        assert front.log.records[-1].outcome == "client-gone"
        assert front.server.connections == set()

    def test_by_closing_its_half_while_it_waits(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        client.half_closes()
        assert front.call.cancelled
        client.transport.lose()
        assert [record.outcome for record in front.log.records] == ["client-gone"]

    def test_by_closing_its_half_and_taking_nothing_more(self, front: FakeFront) -> None:
        """What is still to be written would otherwise hold the connection for ever."""
        client = front.connect()
        client.transport.stalled = True
        client.sends(render_request())
        front.call.answers(200, [SSE], b"x" * 1000, ended=False)
        client.half_closes()
        front.wait(301)
        assert client.transport.aborted

    def test_between_requests(self, front: FakeFront) -> None:
        client = front.connect()
        client.half_closes()
        assert client.transport.closed
        assert front.log.records == []

    def test_in_the_middle_of_a_request(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request()[:-1])
        client.leaves()
        assert front.log.records == []
        assert front.upstream.calls == []

    def test_and_the_requests_that_waited_are_forgotten(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request() * 3)
        client.leaves()
        assert len(front.upstream.calls) == 1


class TestDraining:
    def test_idle_connections_close_and_busy_ones_end_with_their_answer(self, front: FakeFront) -> None:
        idle, busy = front.connect(), front.connect()
        busy.sends(render_request())
        front.server.drain()
        assert idle.transport.closed
        assert not busy.transport.closed
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        assert statuses(busy) == [200]
        assert busy.transport.eof_written

    def test_new_connections_are_not_taken(self, front: FakeFront) -> None:
        front.server.drain()
        assert front.connect().transport.aborted

    def test_a_request_half_read_is_answered_and_refused(self, front: FakeFront) -> None:
        client = front.connect()
        request = render_request()
        client.sends(request[:20])
        front.server.drain()
        client.sends(request[20:])
        assert statuses(client) == [503]

    def test_also_when_the_same_request_was_served_before(self, front: FakeFront) -> None:
        client = front.connect()
        request = render_request()
        client.sends(request)
        front.call.answers(200, [JSON, CONTENT_LENGTH_2], b"{}")
        client.sends(request[:20])
        front.server.drain()
        client.sends(request[20:])
        assert statuses(client) == [200, 503]

    def test_at_the_deadline_exchanges_settle_as_shut_down(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.server.drain()
        front.server.abort()
        assert client.transport.aborted
        assert front.call.cancelled
        client.transport.lose()
        assert [record.outcome for record in front.log.records] == ["shut-down"]


class TestCapacity:
    def test_more_connections_than_the_limit_are_not_taken(self) -> None:
        front = FakeFront(limits=FrontLimits(connections=1))
        first = front.connect()
        assert front.connect().transport.aborted
        first.leaves()
        assert not front.connect().transport.aborted


class TestBrokenAnswers:
    def test_json_that_broke_off_is_cut_so_that_it_shows(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [JSON, (b"content-length", b"100")], b"{", ended=False)
        front.call.fails(UpstreamFailure.RESET)
        assert client.transport.closed
        assert client.takes().endswith(b"\r\n\r\n{")

    def test_json_to_the_end_of_the_connection_is_reset(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(version=b"1.0"))
        front.call.answers(200, [JSON], b"{", ended=False)
        front.call.fails(UpstreamFailure.RESET)
        assert client.transport.aborted

    def test_a_stream_of_known_length_is_cut_as_nothing_can_be_added(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request())
        front.call.answers(200, [SSE, (b"content-length", b"100")], b"data: 1\n\n", ended=False)
        front.call.fails(UpstreamFailure.RESET)
        assert client.takes().endswith(b"\r\n\r\ndata: 1\n\n")
        assert client.transport.closed
