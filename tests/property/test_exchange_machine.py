"""Whatever happens to clients, upstreams and the worker, in whatever order and under either policy for clients that
leave: every admitted exchange settles exactly once, its quota too, its record is there before the last byte of its
answer, and nothing raises.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import h11
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.gateway.fake_front import BODY, JSON, SSE, STREAM_BODY, FakeCall, FakeFront, render_request

from ingate.domain.exchange import Outcome
from ingate.domain.quota import Decided, QuotaLimits, Reservation
from ingate.domain.refusal import QuotaExceeded, QuotaUnavailable
from ingate.domain.upstream import UpstreamFailure
from ingate.limits.in_process import InProcessLimiter

PIECES = [
    b"",
    b"\n\n",
    b"data: ",
    b'event: message_start\ndata: {"type":"message_start","message":{"usage":{"input_tokens":5}}}\n\n',
    b'event: message_delta\r\ndata: {"type":"message_delta","usage":{"output_tokens":2}}\r\n\r\n',
    b'data: {"type":"message_start","message":{"model":"\xff"},"usage":{}}\n\n',
    b'{"usage":{"input_tokens":-1}',
    b"\xff" * 70_000,
    zlib.compress(b'data: {"type":"message_delta","usage":{"output_tokens":2,"new":1}}\n\n', wbits=31),
    zlib.compress(b"x" * 2_000_000, wbits=31),
]
SETTLED: set[Outcome] = {"completed", "refused-by-upstream", "client-gone", "upstream-failed", "shut-down"}


class CountingLimiter(InProcessLimiter):
    """Knows what is reserved, and that it is settled or given back but once."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[Reservation] = []

    def reserve(self, quota_key: str, limits: QuotaLimits, input_tokens: int, now: float, decided: Decided) -> None:
        def note(decision: Reservation | QuotaExceeded | QuotaUnavailable) -> None:
            if isinstance(decision, Reservation):
                self.open.append(decision)
            decided(decision)

        super().reserve(quota_key, limits, input_tokens, now, note)

    def settle(self, reservation: Reservation, *, input_tokens: int, output_tokens: int) -> None:
        self.close(reservation)
        super().settle(reservation, input_tokens=input_tokens, output_tokens=output_tokens)

    def give_back(self, reservation: Reservation) -> None:
        self.close(reservation)
        super().give_back(reservation)

    def close(self, reservation: Reservation) -> None:
        [index] = [index for index, opened in enumerate(self.open) if opened is reservation]
        del self.open[index]


@dataclass
class Drain:
    """A call whose client has left."""

    call: FakeCall
    answering: bool
    until: float


class ExchangeMachine(RuleBasedStateMachine):
    """One client at a time; `call` is the exchange under way, `state` how far the upstream is with it."""

    @initialize(version=st.sampled_from([b"1.1", b"1.0"]), patience=st.sampled_from([0, 50]))
    def start(self, version: bytes, patience: float) -> None:
        self.limiter = CountingLimiter()
        self.front = FakeFront(drain_patience=patience, limiter=self.limiter)
        self.patience = patience
        self.drains: list[Drain] = []
        self.version = version
        self.settled = 0
        self.call: FakeCall | None = None
        self.answering = False
        self.connect()

    def connect(self) -> None:
        self.client = self.front.connect()
        self.call = None
        self.answering = False

    def end(self) -> None:
        self.call = None
        self.answering = False
        self.settled += 1
        self.look_for_call()
        if self.client.transport.is_closing() or self.client.transport.eof_written:
            self.connect()

    def look_for_call(self) -> None:
        """The client's next pipelined request may be under way at once."""
        if len(self.front.upstream.calls) > self.settled + len(self.drains):
            self.call = self.front.call

    @precondition(lambda self: len(self.front.upstream.calls) < 30)
    @rule(stream=st.booleans(), cut=st.integers(0, 400), count=st.integers(1, 3))
    def client_sends(self, stream: bool, cut: int, count: int) -> None:
        headers = [b"Connection: keep-alive"]
        requests = render_request(STREAM_BODY if stream else BODY, version=self.version, headers=headers) * count
        self.client.sends(requests[:cut])
        self.client.sends(requests[cut:])
        self.look_for_call()

    @precondition(lambda self: self.call is not None and not self.answering)
    @rule(
        status=st.sampled_from([200, 204, 400, 429, 529]),
        headers=st.sampled_from(
            [
                [JSON],
                [SSE],
                [SSE, (b"content-encoding", b"gzip")],
                [JSON, (b"request-id", b"upstream")],
                [SSE, (b"request-id", b"bad\r\nid")],
                [JSON, (b"bad name", b"x")],
            ]
        ),
        piece=st.sampled_from(PIECES),
        ended=st.booleans(),
    )
    def upstream_answers(self, status: int, headers: list[tuple[bytes, bytes]], piece: bytes, ended: bool) -> None:
        call = self.call
        assert call is not None
        call.sink.on_answer_head(status, headers)
        if call.cancelled:
            self.end()
            return
        self.answering = True
        self.upstream_sends(piece, ended)

    @precondition(lambda self: self.answering)
    @rule(piece=st.sampled_from(PIECES), ended=st.booleans())
    def upstream_sends(self, piece: bytes, ended: bool) -> None:
        call = self.call
        assert call is not None
        before = len(self.front.transcript)
        call.sends(piece, ended=ended)
        if ended:
            heard = [kind for kind, _ in self.front.transcript[before:] if kind != "upstream"]
            if self.front.log.writable:
                assert heard[0] == "record", "before the last byte leaves"
            self.end()

    @precondition(lambda self: self.call is not None)
    @rule(failure=st.sampled_from(UpstreamFailure))
    def upstream_fails(self, failure: UpstreamFailure) -> None:
        call = self.call
        assert call is not None
        call.fails(failure)
        self.end()

    @rule()
    def client_stalls(self) -> None:
        self.client.transport.stalled = True

    @rule()
    def client_reads(self) -> None:
        self.client.transport.drain()

    @rule(half=st.booleans())
    def client_leaves(self, half: bool) -> None:
        if half:
            self.client.half_closes()
        self.client.leaves()
        self.leave()

    @rule(seconds=st.sampled_from([0.1, 3.0, 100.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        self.front.wait(seconds)
        expired = [drain for drain in self.drains if drain.until <= self.front.clock()]
        assert all(drain.call.cancelled for drain in expired)
        self.drains = [drain for drain in self.drains if drain not in expired]
        self.settled += len(expired)
        if self.client.transport.is_closing():
            self.client.transport.lose()
            self.leave()

    @rule()
    def worker_stops(self) -> None:
        had_call = self.call is not None
        self.front.server.abort()
        self.client.transport.lose()
        self.settled += had_call + len(self.drains)
        self.drains = []
        self.connect()

    def leave(self) -> None:
        """The client is gone, and what was under way is settled or goes on without it."""
        if self.call is not None and self.patience:
            self.drains.append(Drain(self.call, self.answering, self.front.clock() + self.patience))
        elif self.call is not None:
            self.settled += 1
        self.connect()

    @precondition(lambda self: self.__dict__.get("drains"))
    @rule(
        which=st.integers(0, 100),
        status=st.sampled_from([200, 529]),
        headers=st.sampled_from([[SSE], [JSON, (b"bad name", b"x")], [SSE, (b"content-encoding", b"gzip")]]),
        piece=st.sampled_from(PIECES),
        ending=st.sampled_from(["", "ended", "failed"]),
    )
    def upstream_goes_on_alone(
        self, which: int, status: int, headers: list[tuple[bytes, bytes]], piece: bytes, ending: str
    ) -> None:
        drain = self.drains[which % len(self.drains)]
        if ending == "failed":
            drain.call.fails()
        elif drain.answering:
            drain.call.sends(piece, ended=ending == "ended")
        else:
            drain.answering = True
            drain.call.answers(status, headers, piece, ended=ending == "ended")
        if ending:
            self.drains.remove(drain)
            self.settled += 1

    @invariant()
    def every_exchange_settled_once(self) -> None:
        if not hasattr(self, "front"):
            return
        records = self.front.log.records
        assert all(record.outcome in SETTLED for record in records)
        open_exchanges = len(self.drains) + (self.call is not None)
        assert len(records) == self.settled == len(self.front.upstream.calls) - open_exchanges
        assert len(self.limiter.open) == open_exchanges
        assert len(self.front.pipeline.drains) == len(self.drains)

    @invariant()
    def slow_clients_pause_their_upstream(self) -> None:
        if self.__dict__.get("call") is not None and self.answering:
            call = self.call
            assert call is not None
            assert call.paused == (self.client.transport.get_write_buffer_size() > 64 * 1024)

    def teardown(self) -> None:
        """What the last client got is HTTP, as another reader sees it."""
        if not hasattr(self, "front"):
            return
        data = bytes(self.client.transport.written)
        if not data:
            return
        reader = h11.Connection(h11.CLIENT)
        reader.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
        reader.send(h11.EndOfMessage())
        reader.receive_data(data)
        assert isinstance(reader.next_event(), h11.Response)


ExchangeMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestExchangeMachine = ExchangeMachine.TestCase
