"""Every way in which an exchange can go, and what is left of it: one record, the quota corrected, the client told."""

from __future__ import annotations

import json
import zlib

import anthropic
import httpx2
import pytest
from tests.support.content_codings import CODINGS
from tests.support.sse_events import parse_events
from tests.unit.gateway.fake_front import BODY, JSON, SSE, STREAM_BODY, FakeClient, FakeFront, render_request

from ingate.domain.exchange import TRANSITIONS, ExchangeEvent, ExchangeState
from ingate.domain.token_estimate import estimate_input_tokens
from ingate.domain.upstream import UpstreamFailure
from ingate.domain.usage import TokenUsage
from ingate.wire.http1 import Header

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
TEXT = b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"seven b"}}\n\n'
"""Two tokens, by the estimate."""
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
LARGE_BODY = STREAM_BODY.replace(b"[]", b'[{"role":"user","content":"%b"}]' % (b"word " * 1100))
"""More than a capacity unit's input."""


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

    @pytest.mark.parametrize("ending", ["unreachable", "refused", "refused by an event"])
    def test_of_what_the_upstream_did_not_take_nothing_is_charged(self, ending: str) -> None:
        front = FakeFront(capacity=1)
        begin(front, LARGE_BODY)
        match ending:
            case "unreachable":
                front.call.fails(UpstreamFailure.UNREACHABLE)
            case "refused":
                front.call.answers(529, [JSON], b'{"type":"error","error":{"type":"overloaded_error"}}')
            case _:
                front.call.answers(200, [SSE], b'data: {"type":"error","error":{"type":"overloaded_error"}}\n\n')
        [record] = front.log.records
        assert (record.usage, record.usage_is_estimate) == (None, False)
        begin(front, LARGE_BODY)
        assert len(front.upstream.calls) == 2, "the request is given back too"

    @pytest.mark.parametrize("failure", [UpstreamFailure.RESET, UpstreamFailure.TIMEOUT, UpstreamFailure.MALFORMED])
    def test_what_an_upstream_breaks_before_it_answers_costs_the_request_alone(
        self, failure: UpstreamFailure
    ) -> None:
        front = FakeFront(capacity=2)
        begin(front, LARGE_BODY)
        front.call.fails(failure)
        assert front.log.records[0].usage is None
        begin(front, LARGE_BODY)
        assert len(front.upstream.calls) == 2
        assert b"Requests" in begin(front).takes()

    @pytest.mark.parametrize("outcome", ["client-gone", "shut-down"])
    @pytest.mark.parametrize("began", [False, True])
    def test_whoever_leaves_a_request_to_its_upstream_pays_for_its_being_read(
        self, outcome: str, began: bool
    ) -> None:
        front = FakeFront(capacity=2)
        client = begin(front, LARGE_BODY)
        if began:
            front.call.answers(200, [SSE], b"", ended=False)
        if outcome == "client-gone":
            client.leaves()
        else:
            client.connection.stop()
        [record] = front.log.records
        assert record.outcome == outcome
        assert record.usage == TokenUsage(input_tokens=estimate_input_tokens(LARGE_BODY))
        assert record.usage_is_estimate
        assert b"UncachedInputTokens" in begin(front, LARGE_BODY).takes()

    def test_output_that_was_not_reported_is_estimated_from_what_was_relayed(self) -> None:
        front = FakeFront(capacity=1)
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START + BLOCK, ended=False)
        for _ in range(300):
            front.call.sends(
                b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"seven b"}}\n\n'
            )
        client.leaves()
        [record] = front.log.records
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=600)
        assert record.usage_is_estimate
        front.clock.advance(60)
        assert b"OutputTokens" in begin(front).takes()

    def test_output_that_was_reported_is_not_estimated(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START + TEXT + DELTA.replace(b'"end_turn"', b"null"), ended=False)
        client.leaves()
        [record] = front.log.records
        assert (record.usage, record.usage_is_estimate) == (TokenUsage(input_tokens=7, output_tokens=3), True)

    @pytest.mark.parametrize("ending", ["client-gone", "upstream-failed"])
    def test_once_the_answer_has_said_its_last_word_on_usage_there_is_nothing_to_estimate(
        self, front: FakeFront, ending: str
    ) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START + TEXT + DELTA, ended=False)
        if ending == "client-gone":
            client.leaves()
        else:
            front.call.fails()
        [record] = front.log.records
        assert record.outcome == ending
        assert (record.usage, record.usage_is_estimate) == (TokenUsage(input_tokens=7, output_tokens=3), False)

    def test_a_whole_answer_without_usage_is_estimated(self, front: FakeFront) -> None:
        begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], BLOCK + TEXT + STOP)
        [record] = front.log.records
        assert record.usage == TokenUsage(input_tokens=estimate_input_tokens(STREAM_BODY), output_tokens=2)
        assert (record.outcome, record.usage_is_estimate) == ("completed", True)

    def test_a_json_answer_that_came_whole_counts_even_when_its_framing_broke(self, front: FakeFront) -> None:
        begin(front)
        front.call.answers(200, [JSON], MESSAGE, ended=False)
        front.call.fails()
        [record] = front.log.records
        assert (record.usage, record.usage_is_estimate) == (TokenUsage(input_tokens=7, output_tokens=3), False)

    def test_counting_tokens_is_free_however_it_ends(self) -> None:
        front = FakeFront(capacity=2)
        request = render_request(LARGE_BODY, target=b"/anthropic/v1/messages/count_tokens")
        clients = [front.connect(), front.connect()]
        for client in clients:
            client.sends(request)
        clients[0].leaves()
        front.call.answers(200, [JSON], b'{"input_tokens":100000}')
        assert [record.usage for record in front.log.records] == [None, None]
        begin(front, LARGE_BODY)
        assert len(front.upstream.calls) == 3


class TestCompressedAnswers:
    @pytest.mark.parametrize("coding", CODINGS)
    @pytest.mark.parametrize(("kind", "body"), [(JSON, MESSAGE), (SSE, START + BLOCK + TEXT + DELTA + STOP)])
    def test_its_usage_is_read_and_its_bytes_go_through_as_they_are(
        self, front: FakeFront, coding: bytes, kind: Header, body: bytes
    ) -> None:
        client = begin(front, STREAM_BODY)
        compressed = CODINGS[coding](body)
        front.call.answers(200, [kind, (b"content-encoding", coding)], compressed[:9], ended=False)
        front.call.sends(compressed[9:], ended=True)
        assert take_body(client) == compressed
        [record] = front.log.records
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=3)
        assert (record.usage_is_estimate, record.usage_unread, record.stop_reason) == (False, None, "end_turn")

    def test_one_that_breaks_off_is_charged_for_what_could_be_seen(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        stream = zlib.compressobj(wbits=31)
        begun = stream.compress(START + BLOCK + TEXT * 10) + stream.flush(zlib.Z_SYNC_FLUSH)
        front.call.answers(200, [SSE, (b"content-encoding", b"gzip")], begun, ended=False)
        client.leaves()
        [record] = front.log.records
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=20)

    @pytest.mark.parametrize(
        ("coding", "body", "problem"),
        [
            (b"compress", b"\x1f\x9d" * 350, "unknown-coding"),
            (b"gzip, br", b"x" * 700, "unknown-coding"),
            (b"gzip", b"x" * 700, "broken-coding"),
            (b"zstd", b"x" * 700, "broken-coding"),
            (b"br", b"\xff" * 700, "broken-coding"),
        ],
    )
    def test_one_that_cannot_be_seen_into_is_marked(
        self, front: FakeFront, coding: bytes, body: bytes, problem: str
    ) -> None:
        client = begin(front)
        front.call.answers(200, [JSON, (b"content-encoding", coding)], body[:350], ended=False)
        front.call.sends(body[350:], ended=True)
        assert take_body(client) == body
        [record] = front.log.records
        assert (record.usage_unread, record.usage_is_estimate) == (problem, True)
        assert record.usage is not None
        assert record.usage.input_tokens == estimate_input_tokens(BODY)
        assert record.usage.output_tokens in (100, 200)


class TestDraining:
    """With the policy `drain`."""

    @pytest.fixture
    def front(self) -> FakeFront:
        return FakeFront(capacity=1, drain_patience=10)

    def leave(self, front: FakeFront, sent: bytes | None) -> None:
        """`sent`: what the client has had of its answer."""
        client = begin(front, STREAM_BODY)
        if sent is not None:
            front.call.answers(200, [SSE], sent, ended=False)
        client.leaves()
        assert front.log.records == []
        assert not front.call.cancelled

    @pytest.mark.parametrize("sent", [None, START, START + BLOCK + TEXT])
    def test_an_answer_is_read_to_its_end_and_its_true_usage_charged(
        self, front: FakeFront, sent: bytes | None
    ) -> None:
        self.leave(front, sent)
        if sent is None:
            front.call.answers(200, [SSE], START, ended=False)
        front.call.sends(TEXT + DELTA.replace(b":3", b":500"))
        front.call.sends(STOP, ended=True)
        [record] = front.log.records
        assert (record.outcome, record.status) == ("client-gone", 499 if sent is None else 200)
        assert record.usage == TokenUsage(input_tokens=7, output_tokens=500)
        assert not record.usage_is_estimate
        front.clock.advance(60)
        assert b"OutputTokens" in begin(front).takes(), "the quota has paid for it"
        assert front.server.is_idle is False
        front.server.abort()

    def test_an_upstream_that_was_paused_for_a_slow_client_goes_on(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        client.transport.stalled = True
        front.call.answers(200, [SSE], START + b"x" * 100_000, ended=False)
        assert front.call.paused
        client.leaves()
        assert not front.call.paused

    def test_a_client_that_half_closes_has_left(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], START, ended=False)
        client.half_closes()
        before = client.takes()
        client.leaves()
        front.call.sends(DELTA, ended=True)
        assert client.takes() == b""
        assert before.endswith(START + b"\r\n")
        assert [record.outcome for record in front.log.records] == ["client-gone"]

    @pytest.mark.parametrize("ending", ["too long", "upstream fails", "worker stops"])
    def test_what_does_not_end_well_is_estimated(self, front: FakeFront, ending: str) -> None:
        self.leave(front, START + BLOCK + TEXT)
        assert not front.server.is_idle
        match ending:
            case "too long":
                front.wait(9.9)
                assert front.log.records == []
                front.wait(0.1)
                assert front.call.cancelled
            case "upstream fails":
                front.call.fails(UpstreamFailure.RESET, "the wire was cut")
            case _:
                front.server.abort()
                assert front.call.cancelled
        [record] = front.log.records
        assert (record.outcome, record.status) == ("client-gone", 200)
        assert (record.usage, record.usage_is_estimate) == (TokenUsage(input_tokens=7, output_tokens=2), True)
        assert record.upstream_detail == ("the wire was cut" if ending == "upstream fails" else None)
        assert front.server.is_idle
        front.wait(100)
        assert len(front.log.records) == 1

    def test_an_upstream_that_refuses_after_all_costs_nothing(self, front: FakeFront) -> None:
        self.leave(front, None)
        front.call.answers(529, [JSON, (b"bad name", b"x")], b"{}")
        [record] = front.log.records
        assert (record.outcome, record.status, record.usage) == ("client-gone", 499, None)
        begin(front)
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
        assert following is {
            ExchangeState.ADMITTED: ExchangeState.ANSWERING,
            ExchangeState.DRAINING: ExchangeState.DRAINING,
        }.get(state)
    elif event is ExchangeEvent.ANSWER_ENDED and state is ExchangeState.ADMITTED:
        assert following is None
    elif event is ExchangeEvent.DRAIN_EXPIRED:
        assert following is (ExchangeState.SETTLED if state is ExchangeState.DRAINING else None)
    elif event in (ExchangeEvent.CLIENT_LEFT, ExchangeEvent.DRAIN_BEGAN) and state is ExchangeState.DRAINING:
        assert following is None, "it can leave but once"
    elif event is ExchangeEvent.DRAIN_BEGAN:
        assert following is ExchangeState.DRAINING
    else:
        assert following is ExchangeState.SETTLED
