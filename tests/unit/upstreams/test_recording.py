"""The tap changes nothing of what passes, and hands over whole exchanges only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace
from tests.unit.upstreams.hand_driven_loop import REQUEST, RecordingSink

from ingate.domain.upstream import UpstreamCall, UpstreamFailure, UpstreamRequest, UpstreamSink
from ingate.upstreams.recording import LeftOut, RecordingUpstream, TappedExchange
from ingate.wire.http1 import Header

HEADERS: list[Header] = [(b"content-type", b"application/json"), (b"Request-Id", b"req_1")]


@dataclass
class HandDrivenCall:
    told: list[str] = field(default_factory=list[str])

    def cancel(self) -> None:
        self.told.append("cancel")

    def pause(self) -> None:
        self.told.append("pause")

    def resume(self) -> None:
        self.told.append("resume")


@dataclass
class HandDrivenUpstream:
    """Keeps what it is given; the test answers."""

    requests: list[UpstreamRequest] = field(default_factory=list[UpstreamRequest])
    sinks: list[UpstreamSink] = field(default_factory=list[UpstreamSink])
    calls: list[HandDrivenCall] = field(default_factory=list[HandDrivenCall])

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        self.requests.append(request)
        self.sinks.append(sink)
        self.calls.append(HandDrivenCall())
        return self.calls[-1]


class Front:
    """A tapped upstream, and what comes out at its ends."""

    def __init__(self, *, exchange_bytes: int = 1000, held_bytes: int = 10_000) -> None:
        self.upstream = HandDrivenUpstream()
        self.exchanges: list[TappedExchange] = []
        self.left_out: list[LeftOut] = []
        self.tapped = RecordingUpstream(
            self.upstream,
            on_exchange=self.exchanges.append,
            on_left_out=self.left_out.append,
            wall_clock=lambda: 5.0,
            exchange_bytes=exchange_bytes,
            held_bytes=held_bytes,
        )

    def send(self, request: UpstreamRequest = REQUEST) -> tuple[UpstreamSink, RecordingSink, UpstreamCall]:
        """Where the upstream answers, where the gateway hears it, and what the gateway holds."""
        heard = RecordingSink()
        call = self.tapped.send(request, heard)
        return self.upstream.sinks[-1], heard, call

    def answer(self, *pieces: bytes) -> RecordingSink:
        """A whole exchange."""
        sink, heard, _ = self.send()
        sink.on_answer_head(200, HEADERS)
        for number, piece in enumerate(pieces, 1):
            sink.on_answer_read(piece, number == len(pieces))
        return heard


def test_a_whole_exchange_is_handed_over_as_it_passed() -> None:
    front = Front()
    front.answer(b'{"a"', b"", b":1}")
    assert front.upstream.requests == [REQUEST]
    [exchange] = front.exchanges
    assert exchange == TappedExchange(
        started_at=5.0,
        request=REQUEST,
        request_body=b'{"model":"m"}',
        status=200,
        headers=HEADERS,
        answer=b'{"a":1}',
    )
    assert front.left_out == []


def test_every_piece_goes_on_at_once_and_unchanged() -> None:
    front = Front()
    sink, heard, _ = front.send()
    sink.on_answer_head(200, HEADERS)
    assert heard.headers is HEADERS
    sink.on_answer_read(b"a", False)
    assert heard.heard == [("head", 200), ("read", b"a")]
    sink.on_answer_read(b"b", True)
    assert heard.heard == [("head", 200), ("read", b"a"), ("end", b"b")]


def test_the_client_has_its_last_byte_before_the_exchange_is_handed_over() -> None:
    order: list[str] = []

    class Sink(RecordingSink):
        def on_answer_read(self, data: bytes, ended: bool) -> None:
            order.append("client")

    def hear(exchange: TappedExchange) -> None:
        order.append("recorder")

    front = Front()
    front.tapped.on_exchange = hear
    front.tapped.send(REQUEST, Sink())
    front.upstream.sinks[0].on_answer_head(200, HEADERS)
    front.upstream.sinks[0].on_answer_read(b"x", True)
    assert order == ["client", "recorder"]


def test_what_the_gateway_says_is_passed_on() -> None:
    front = Front()
    _, _, call = front.send()
    call.pause()
    call.resume()
    call.cancel()
    assert front.upstream.calls[0].told == ["pause", "resume", "cancel"]


def test_exchanges_at_the_same_time_are_kept_apart() -> None:
    front = Front()
    first, _, _ = front.send()
    second, _, _ = front.send()
    for sink in (first, second):
        sink.on_answer_head(200, HEADERS)
    first.on_answer_read(b"1", False)
    second.on_answer_read(b"2", True)
    first.on_answer_read(b"1", True)
    assert [exchange.answer for exchange in front.exchanges] == [b"2", b"11"]


def fail(sink: UpstreamSink, call: UpstreamCall) -> None:
    sink.on_upstream_failure(UpstreamFailure.RESET, "gone")


def leave(sink: UpstreamSink, call: UpstreamCall) -> None:
    call.cancel()


@pytest.mark.parametrize(("end", "why"), [(fail, "upstream-failed"), (leave, "cancelled")])
@pytest.mark.parametrize("begun", [True, False], ids=["in the answer", "before the answer"])
def test_an_exchange_that_ends_early_is_left_out(
    end: Callable[[UpstreamSink, UpstreamCall], None], why: LeftOut, begun: bool
) -> None:
    front = Front()
    sink, heard, call = front.send()
    if begun:
        sink.on_answer_head(200, HEADERS)
        sink.on_answer_read(b"x", False)
    end(sink, call)
    assert (front.exchanges, front.left_out) == ([], [why])
    assert (("failure", UpstreamFailure.RESET) in heard.heard) is (why == "upstream-failed")


def test_a_cancel_after_the_end_changes_nothing() -> None:
    front = Front()
    sink, _, call = front.send()
    sink.on_answer_head(200, HEADERS)
    sink.on_answer_read(b"x", True)
    call.cancel()
    assert (len(front.exchanges), front.left_out) == (1, [])


# Memory


def test_an_exchange_that_is_too_long_passes_and_is_left_out_once() -> None:
    front = Front(exchange_bytes=20)
    heard = front.answer(b"1234", b"5678", b"9")
    assert heard.heard == [("head", 200), ("read", b"1234"), ("read", b"5678"), ("end", b"9")]
    assert (front.exchanges, front.left_out) == ([], ["too-long"])
    front.answer(b"1234")
    assert len(front.exchanges) == 1


def test_a_request_that_is_too_long_is_left_out() -> None:
    front = Front(exchange_bytes=20)
    sink, heard, _ = front.send(replace(REQUEST, content_length=21))
    sink.on_answer_head(200, HEADERS)
    sink.on_answer_read(b"x", True)
    assert heard.heard[-1] == ("end", b"x")
    assert (front.exchanges, front.left_out) == ([], ["too-long"])


def test_all_exchanges_together_hold_no_more_than_they_may_and_give_it_back() -> None:
    front = Front(held_bytes=30)
    first, _, _ = front.send()
    _, _, call = front.send()
    front.answer(b"12345")  # 13 + 13 + 13 would be too many
    assert front.left_out == ["too-long"]
    call.cancel()
    first.on_answer_head(200, HEADERS)
    first.on_answer_read(b"1234", True)
    for _ in range(3):
        front.answer(b"1234567890")
    assert len(front.exchanges) == 4
