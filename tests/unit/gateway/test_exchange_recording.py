"""An exchange and its record: what the client gets while the record waits for the disk, and when there is no room."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from tests.unit.gateway.fake_front import BODY, JSON, SSE, STREAM_BODY, FakeClient, FakeFront, render_request

MESSAGE = b'{"type":"message","stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}}'
EVENT = b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":7}}}\n\n'
LAST_CHUNK = b"0\r\n\r\n"


@pytest.fixture
def waiting(front: FakeFront) -> list[Callable[[bool], None]]:
    """Records wait for the disk."""
    front.log.waiting = []
    return front.log.waiting


def begin(front: FakeFront, body: bytes | None = None, *, version: bytes = b"1.1") -> FakeClient:
    client = front.connect()
    client.sends(render_request(version=version) if body is None else render_request(body, version=version))
    return client


class TestWhileTheRecordWaits:
    def test_nothing_of_a_whole_answer_leaves(self, front: FakeFront, waiting: list[Callable[[bool], None]]) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        assert client.takes() == b""
        waiting.pop()(True)
        assert MESSAGE in client.takes()
        assert [kind for kind, _ in front.transcript] == ["upstream", "record", "client"]

    def test_all_but_the_last_of_a_stream_leaves(
        self, front: FakeFront, waiting: list[Callable[[bool], None]]
    ) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], EVENT, ended=False)
        front.call.sends(b"", ended=True)
        assert EVENT in client.takes()
        assert front.log.records[0].outcome == "completed"
        waiting.pop()(True)
        assert client.takes() == LAST_CHUNK

    def test_so_does_the_answer_to_a_failure(self, front: FakeFront, waiting: list[Callable[[bool], None]]) -> None:
        client = begin(front)
        front.call.fails()
        assert client.takes() == b""
        waiting.pop()(True)
        assert client.takes().startswith(b"HTTP/1.1 500 ")

    def test_a_refusal_does_not_wait(self, front: FakeFront, waiting: list[Callable[[bool], None]]) -> None:
        client = begin(front, b"no JSON")
        assert client.takes().startswith(b"HTTP/1.1 400 ")
        assert waiting == []

    def test_the_next_request_of_the_connection_does(
        self, front: FakeFront, waiting: list[Callable[[bool], None]]
    ) -> None:
        client = begin(front)
        client.sends(render_request())
        front.call.answers(200, [JSON], MESSAGE)
        assert len(front.upstream.calls) == 1
        waiting.pop()(True)
        assert len(front.upstream.calls) == 2
        front.call.answers(200, [JSON], MESSAGE)
        waiting.pop()(True)
        assert client.takes().count(MESSAGE) == 2

    @pytest.mark.parametrize("is_safe", [True, False])
    @pytest.mark.parametrize("half", [True, False])
    def test_a_client_may_leave(
        self, front: FakeFront, waiting: list[Callable[[bool], None]], half: bool, is_safe: bool
    ) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        if half:
            client.half_closes()
        else:
            client.leaves()
        waiting.pop()(is_safe)
        assert client.takes() == b""
        assert not front.call.cancelled
        assert [record.outcome for record in front.log.records] == ["completed"]

    def test_a_worker_that_stops_in_good_order_waits_as_well(
        self, front: FakeFront, waiting: list[Callable[[bool], None]]
    ) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        front.server.drain()
        assert front.server.connections == {client.connection}
        waiting.pop()(True)
        assert MESSAGE in client.takes()
        assert client.transport.eof_written

    def test_a_worker_that_stops_at_once_does_not(
        self, front: FakeFront, waiting: list[Callable[[bool], None]]
    ) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        front.server.abort()
        waiting.pop()(True)
        assert client.takes() == b""
        assert len(front.log.records) == 1

    def test_and_never_gets_to_the_disk_no_answer_is_given_for_it(
        self, front: FakeFront, waiting: list[Callable[[bool], None]]
    ) -> None:
        client = begin(front)
        front.call.answers(200, [JSON], MESSAGE)
        waiting.pop()(False)
        answer = client.takes()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert MESSAGE not in answer
        assert front.log.kept == []

    def test_and_never_gets_to_the_disk_a_stream_is_finished(
        self, front: FakeFront, waiting: list[Callable[[bool], None]]
    ) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], EVENT, ended=False)
        front.call.sends(b"", ended=True)
        waiting.pop()(False)
        assert client.takes().endswith(LAST_CHUNK)


class TestWhenThereIsNoRoomForTheRecord:
    @pytest.mark.parametrize("version", [b"1.1", b"1.0"])
    @pytest.mark.parametrize(("status", "data"), [(200, MESSAGE), (204, b""), (429, b"{}")])
    @pytest.mark.parametrize("header", [JSON, SSE])
    def test_an_answer_that_has_not_begun_is_not_given(
        self, front: FakeFront, version: bytes, status: int, data: bytes, header: tuple[bytes, bytes]
    ) -> None:
        client = begin(front, version=version)
        front.log.writable = False
        front.call.answers(status, [header, (b"request-id", b"req_of_upstream")], data)
        head, _, body = client.takes().partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nrequest-id: req_of_upstream" in head
        assert b"\r\nContent-Length: %d" % len(body) in head
        assert b"Transfer-Encoding" not in head
        assert b"ServiceUnavailable" in body
        [record] = front.log.kept
        assert (record.status, record.error_code) == (503, "ServiceUnavailable")
        assert record.request_id == "req_of_upstream"
        if status == 200 and header is JSON:
            assert record.usage is not None, "it was consumed all the same"

    def test_its_connection_goes_on(self, front: FakeFront) -> None:
        client = begin(front)
        front.log.writable = False
        front.call.answers(200, [JSON], MESSAGE)
        front.log.writable = True
        client.takes()
        client.sends(render_request())
        front.call.answers(200, [JSON], MESSAGE)
        assert MESSAGE in client.takes()

    def test_one_that_has_begun_is_finished(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], EVENT, ended=False)
        front.log.writable = False
        front.call.sends(EVENT, ended=True)
        assert client.takes().endswith(LAST_CHUNK)
        [record] = front.log.kept
        assert (record.status, record.outcome) == (200, "completed")

    def test_one_that_has_begun_and_failed_says_so(self, front: FakeFront) -> None:
        client = begin(front, STREAM_BODY)
        front.call.answers(200, [SSE], EVENT, ended=False)
        front.log.writable = False
        front.call.fails()
        assert b"event: error" in client.takes()
        assert [record.outcome for record in front.log.kept] == ["upstream-failed"]

    def test_a_failure_before_the_answer_is_told_as_this_one(self, front: FakeFront) -> None:
        client = begin(front)
        front.log.writable = False
        front.call.fails()
        assert client.takes().startswith(b"HTTP/1.1 503 ")
        assert [(record.outcome, record.status) for record in front.log.kept] == [("upstream-failed", 503)]

    def test_a_client_that_left_is_kept(self, front: FakeFront) -> None:
        client = begin(front)
        front.log.writable = False
        client.leaves()
        assert [record.outcome for record in front.log.kept] == ["client-gone"]

    def test_a_worker_that_stops_keeps_what_it_ends(self, front: FakeFront) -> None:
        begin(front)
        front.log.writable = False
        front.server.abort()
        assert [record.outcome for record in front.log.kept] == ["shut-down"]

    def test_a_refusal_is_not_kept(self, front: FakeFront) -> None:
        """Anybody can cause any number of them."""
        front.log.writable = front.log.ready = False
        client = begin(front)
        assert client.takes().startswith(b"HTTP/1.1 503 ")
        assert front.upstream.calls == []
        assert front.log.kept == []


class TestWhatARecordSays:
    def test_cost_is_settled_at_the_deployments_price(self, front: FakeFront) -> None:
        begin(front)
        front.call.answers(200, [JSON], MESSAGE)

        record = front.log.records[0]

        assert record.cost is not None
        assert record.cost.total == Decimal("0.000066")
        assert record.price == "list"

    def test_counting_tokens_costs_nothing(self, front: FakeFront) -> None:
        client = front.connect()
        client.sends(render_request(target=b"/anthropic/v1/messages/count_tokens"))
        front.call.answers(200, [JSON], b'{"input_tokens":7}')

        assert front.log.records[0].cost is None

    def test_lengths_are_those_of_the_bodies(self, front: FakeFront) -> None:
        begin(front)
        front.call.answers(200, [JSON], MESSAGE)

        record = front.log.records[0]

        assert record.request_bytes == len(BODY)
        assert record.response_bytes == len(MESSAGE)


class TestTraces:
    PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    def send(self, front: FakeFront) -> dict[bytes, bytes]:
        """The headers that the upstream gets."""
        front.pipeline.make_apim_request_id = lambda: "0af76519-16cd-43dd-8448-eb211c80319c"
        client = front.connect()
        client.sends(render_request(headers=[b"traceparent: " + self.PARENT, b"tracestate: a=b"]))
        front.call.answers(200, [JSON], MESSAGE)
        return {name.lower(): value for name, value in front.call.headers}

    def test_header_goes_on_untouched_and_is_recorded(self, front: FakeFront) -> None:
        assert self.send(front)[b"traceparent"] == self.PARENT
        assert front.log.records[0].trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
        assert front.log.records[0].parent_span_id == "00f067aa0ba902b7"

    def test_exchange_becomes_the_upstreams_parent_where_traces_are_continued(self) -> None:
        headers = self.send(FakeFront(continues_traces=True))

        assert headers[b"traceparent"] == b"00-4bf92f3577b34da6a3ce929d0e0e4736-0af7651916cd43dd-01"
        assert headers[b"tracestate"] == b"a=b"
