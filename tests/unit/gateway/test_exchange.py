"""Every way in which an exchange can go, and what is left of it: one record, the quota corrected, the client told."""

from __future__ import annotations

import json

import anthropic
import httpx2
import pytest
from tests.support.sse_events import parse_events
from tests.unit.gateway.fake_front import JSON, SSE, STREAM_BODY, FakeClient, FakeFront, render_request

from ingate.domain.exchange import TRANSITIONS, ExchangeEvent, ExchangeState
from ingate.domain.upstream import UpstreamFailure
from ingate.domain.usage import TokenUsage

MESSAGE = (
    b'{"type":"message","model":"claude-x","stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}}'
)
START = (
    b'event: message_start\ndata: {"type":"message_start","message":{"model":"claude-x",'
    b'"usage":{"input_tokens":7,"output_tokens":1}}}\n\n'
)
BLOCK = b'event: content_block_start\ndata: {"type":"content_block_start","index":0}\n\n'
DELTA = (
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},'
    b'"usage":{"output_tokens":3}}\n\n'
)
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def begin(front: FakeFront, body: bytes | None = None) -> FakeClient:
    client = front.connect()
    client.sends(render_request() if body is None else render_request(body))
    return client


def take_body(client: FakeClient) -> bytes:
    """Of a chunked answer, whatever has come of it."""
    rest = client.takes().partition(b"\r\n\r\n")[2]
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
    return body


class TestWholeAnswers:
    def test_json(self, front: FakeFront) -> None:
        client = begin(front)
        front.clock.advance(1.5)
        front.call.answers(200, [JSON, (b"request-id", b"req_of_upstream")], MESSAGE)
        assert b"\r\nrequest-id: req_of_upstream\r\n" in client.takes()
        [record] = front.log.records
        assert (record.outcome, record.status, record.error_code) == ("completed", 200, None)
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=3)
        assert not record.usage_is_estimate
        assert (record.resource, record.deployment, record.model) == (
            "example-resource",
            "my-claude",
            "claude-sonnet-4-5",
        )
        assert (record.upstream, record.response_model, record.stop_reason) == ("fake", "claude-x", "end_turn")
        assert (record.request_id, record.apim_request_id) == ("req_of_upstream", "apim-1")
        assert (record.authentication, record.key_number) == ("key", 1)
        assert record.duration_ms == 1500
        assert record.first_token_ms is None
        assert record.time == 1_800_000_000 + 1000.0
        assert record.caller_address == "203.0.113.7"

    def test_a_stream_event_by_event(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START, ended=False)
        assert take_body(client) == START
        for piece in (BLOCK, DELTA):
            front.clock.advance(0.25)
            front.call.sends(piece)
            assert client.takes() == b"%x\r\n%b\r\n" % (len(piece), piece)
        front.call.sends(STOP, ended=True)
        [record] = front.log.records
        assert record.streaming
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=3)
        assert (record.first_token_ms, record.duration_ms) == (250, 500)

    def test_an_error_of_the_upstream_goes_through_as_it_is(self, front: FakeFront) -> None:
        client = begin(front)
        error = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"future":1}'
        front.call.answers(529, [JSON, (b"content-length", b"%d" % len(error)), (b"retry-after", b"3")], error)
        answer = client.takes()
        assert answer.startswith(b"HTTP/1.1 529 Overloaded\r\ncontent-type: application/json\r\nretry-after: 3\r\n")
        assert answer.endswith(error)
        [record] = front.log.records
        assert (record.outcome, record.status, record.error_code) == ("refused-by-upstream", 529, "overloaded_error")

    def test_an_error_event_of_the_upstream_is_noted(self, front: FakeFront) -> None:
        begin(front, STREAM_BODY)
        error = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"x"}}\n\n'
        front.call.answers(200, [SSE], START + error)
        assert front.log.records[0].error_code == "overloaded_error"

    @pytest.mark.parametrize(
        "body", [b"", b"no json", b'{"model":"\xff"}', b'{"usage":{"input_tokens":"many"}}', b"[]"]
    )
    def test_bytes_without_sense_go_through_and_settle(self, front: FakeFront, body: bytes) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], body)
        assert take_body(client) == body
        assert [record.outcome for record in front.log.records] == ["completed"]

    def test_nor_does_a_stream_without_sense_stop(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        sent = b'event: message_start\ndata: {"type":"message_start","message":{"model":"\xff"},"usage":1}\n\n'
        front.call.answers(200, [SSE], sent)
        assert take_body(client) == sent
        assert [record.outcome for record in front.log.records] == ["completed"]


class TestSettlement:
    @pytest.mark.parametrize("body", [MESSAGE, b"x" * 100_000])
    def test_the_record_is_written_before_the_last_byte_leaves(self, front: FakeFront, body: bytes) -> None:
        begin(front)
        front.call.answers(200, [JSON], body[:-1], ended=False)
        front.call.sends(body[-1:], ended=True)
        kinds = [kind for kind, _ in front.transcript]
        assert kinds == ["upstream", "client", "record", "client"]

    def test_also_when_all_comes_at_once(self, front: FakeFront) -> None:
        begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        assert [kind for kind, _ in front.transcript] == ["upstream", "record", "client"]

    def test_also_when_the_upstream_fails(self, front: FakeFront) -> None:
        begin(front)
        front.call.fails()
        assert [kind for kind, _ in front.transcript] == ["upstream", "record", "client"]

    def test_the_estimate_is_replaced_by_the_truth(self) -> None:
        front = FakeFront(capacity=2)
        begin(front)
        front.call.answers(200, [JSON], MESSAGE.replace(b":7", b":2500").replace(b":3", b":0"))
        front.clock.advance(15)
        answer = begin(front).takes()
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"UncachedInputTokens" in answer
        front.clock.advance(1)
        begin(front)
        assert len(front.upstream.calls) == 2

    @pytest.mark.parametrize("ending", ["failed", "left", "stopped"])
    def test_what_was_not_used_is_given_back(self, ending: str) -> None:
        front = FakeFront(capacity=1)
        client = front.connect()
        client.sends(render_request(STREAM_BODY + b" " * 3900))
        match ending:
            case "failed":
                front.call.fails()
            case "left":
                client.leaves()
            case _:
                client.connection.stop()
        front.clock.advance(60)
        client = front.connect()
        client.sends(render_request(STREAM_BODY + b" " * 3900))
        assert len(front.upstream.calls) == 2


class TestUpstreamFailures:
    @pytest.mark.parametrize(
        ("failure", "status", "error_type"),
        [
            (UpstreamFailure.NOT_CONFIGURED, 500, "api_error"),
            (UpstreamFailure.UNREACHABLE, 500, "api_error"),
            (UpstreamFailure.RESET, 500, "api_error"),
            (UpstreamFailure.MALFORMED, 500, "api_error"),
            (UpstreamFailure.TIMEOUT, 504, "timeout_error"),
        ],
    )
    def test_before_the_answer_it_is_an_error_answer(
        self, front: FakeFront, failure: UpstreamFailure, status: int, error_type: str
    ) -> None:
        client = begin(front, STREAM_BODY)
        front.call.fails(failure, "what the operator reads")
        head, _, body = client.takes().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 %d " % status)
        said = json.loads(body)
        assert said["error"]["type"] == error_type
        assert said["request_id"] == "req_1"
        assert b"operator reads" not in body
        [record] = front.log.records
        assert (record.outcome, record.status, record.error_code) == ("upstream-failed", status, error_type)
        assert record.upstream_detail == "what the operator reads"
        assert record.usage is None

    @pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
    @pytest.mark.parametrize("chunk", [1, 10_000])
    def test_within_a_stream_it_is_one_error_event_wherever_the_stream_was_torn(
        self, line_end: bytes, chunk: int
    ) -> None:
        whole = (START + DELTA).replace(b"\n", line_end)
        for cut in range(len(whole) + 1):
            front = FakeFront()
            client = begin(front, STREAM_BODY)
            front.call.answers(200, [SSE], b"", ended=False)
            for index in range(0, cut, chunk):
                front.call.sends(whole[index : min(index + chunk, cut)])
            front.call.fails(UpstreamFailure.TIMEOUT)
            body = take_body(client)
            assert body.startswith(whole[:cut])
            events = parse_events(body)
            assert [event.name for event in events].count("error") == 1
            assert events[-1].name == "error"
            intact = parse_events(whole[:cut])
            assert events[: len(intact)] == intact
            assert not client.transport.is_closing()
            [record] = front.log.records
            assert (record.outcome, record.error_code) == ("upstream-failed", "timeout_error")

    @pytest.mark.parametrize("cut", range(0, len(START + DELTA), 13))
    def test_anthropics_own_client_sees_the_error(self, front: FakeFront, cut: int) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], (START + DELTA)[:cut], ended=False)
        front.call.fails(UpstreamFailure.RESET)
        body = take_body(client)

        def answer(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

        with (
            anthropic.Anthropic(
                api_key="k", http_client=httpx2.Client(transport=httpx2.MockTransport(answer))
            ) as sdk,
            sdk.messages.create(
                model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}], stream=True
            ) as stream,
            pytest.raises(anthropic.APIStatusError) as caught,
        ):
            list(stream)
        assert "broke off" in str(caught.value)

    def test_to_a_compressed_stream_nothing_can_be_added(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE, (b"content-encoding", b"gzip")], b"\x1f\x8b", ended=False)
        front.call.fails()
        assert take_body(client) == b"\x1f\x8b"
        assert client.transport.closed
        assert front.log.records[0].outcome == "upstream-failed"

    def test_the_usage_so_far_is_kept_as_an_estimate(self, front: FakeFront) -> None:
        begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START, ended=False)
        front.call.fails()
        [record] = front.log.records
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=1)
        assert record.usage_is_estimate


class TestClientLeft:
    def test_before_the_answer(self, front: FakeFront) -> None:
        client = begin(front)
        client.leaves()
        assert front.transcript[1:] == [("upstream", "cancelled"), ("record", "client-gone")]
        assert front.log.records[0].status == 499

    def test_within_the_answer(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START, ended=False)
        client.leaves()
        assert front.call.cancelled
        [record] = front.log.records
        assert (record.outcome, record.status) == ("client-gone", 200)
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=1)

    def test_after_the_answer_there_is_nothing_to_settle(self, front: FakeFront) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        client.leaves()
        assert not front.call.cancelled
        assert len(front.log.records) == 1


def test_a_worker_that_stops_settles_what_is_open(front: FakeFront) -> None:
    waiting, streaming = begin(front), front.connect()
    streaming.sends(render_request(STREAM_BODY))
    front.call.answers(200, [SSE], START, ended=False)
    front.server.abort()
    assert sorted((record.outcome, record.status) for record in front.log.records) == [
        ("shut-down", 200),
        ("shut-down", 499),
    ]
    assert all(call.cancelled for call in front.upstream.calls)
    assert waiting.transport.aborted


@pytest.mark.parametrize("state", ExchangeState)
@pytest.mark.parametrize("event", ExchangeEvent)
def test_every_event_is_foreseen_or_cannot_happen(state: ExchangeState, event: ExchangeEvent) -> None:
    following = TRANSITIONS.get((state, event))
    if state is ExchangeState.SETTLED:
        assert following is None
    elif event is ExchangeEvent.ANSWER_BEGAN:
        assert following is (ExchangeState.ANSWERING if state is ExchangeState.ADMITTED else None)
    elif event is ExchangeEvent.ANSWER_ENDED and state is ExchangeState.ADMITTED:
        assert following is None
    else:
        assert following is ExchangeState.SETTLED
