"""Answers as bytes in, what the listener hears out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import pytest
from tests.unit.gateway.fake_front import FakeClock, FakeTransport

from ingate.domain.upstream import UpstreamFailure
from ingate.upstreams.http1_connection import READ_HEAD_LIMIT, Http1Connection
from ingate.wire.http1 import Header

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"


@dataclass
class Listener:
    heard: list[tuple[str, object]] = field(default_factory=list[tuple[str, object]])
    headers: list[Header] = field(default_factory=list[Header])
    body: bytes = b""
    unanswered: bool | None = None

    def on_head(self, status: int, headers: Sequence[Header]) -> None:
        self.heard.append(("head", status))
        self.headers = list(headers)

    def on_read(self, data: bytes, ended: bool) -> None:
        self.heard.append(("end" if ended else "read", data))
        self.body += data

    def on_lost(self, failure: UpstreamFailure, detail: str, *, unanswered: bool) -> None:
        self.heard.append(("lost", failure))
        self.unanswered = unanswered


class Wire:
    """One connection with everything around it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.idle: list[Http1Connection] = []
        self.gone: list[Http1Connection] = []
        self.connection = Http1Connection(
            first_byte_timeout=60,
            idle_timeout=10,
            clock=self.clock,
            on_idle=self.idle.append,
            on_gone=self.gone.append,
        )
        self.transport = FakeTransport()
        self.transport.protocol = self.connection
        self.connection.connection_made(self.transport)

    def asks(self) -> Listener:
        listener = Listener()
        self.connection.send(b"POST / HTTP/1.1\r\n\r\n", [b"a", memoryview(b"b")], listener)
        return listener

    def says(self, data: bytes) -> None:
        self.connection.data_received(data)

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        if self.connection.deadline <= self.clock():
            self.connection.on_deadline()


@pytest.fixture
def wire() -> Wire:
    return Wire()


class TestAnswers:
    def test_come_with_one_call_for_the_head_and_one_for_each_read(self, wire: Wire) -> None:
        listener = wire.asks()
        assert bytes(wire.transport.written) == b"POST / HTTP/1.1\r\n\r\nab"
        wire.says(OK[:-3])
        assert listener.heard == [("head", 200), ("read", b"he")]
        wire.says(OK[-3:])
        assert listener.heard[2:] == [("end", b"llo")]
        assert listener.headers == [(b"Content-Type", b"text/plain"), (b"Content-Length", b"5")]

    @pytest.mark.parametrize("answer", [OK, CHUNKED], ids=["length", "chunked"])
    def test_split_at_every_byte_they_are_the_same(self, answer: bytes) -> None:
        for cut in range(1, len(answer)):
            wire = Wire()
            listener = wire.asks()
            wire.says(answer[:cut])
            wire.says(answer[cut:])
            assert listener.heard[0] == ("head", 200)
            assert listener.heard[-1][0] == "end"
            assert [kind for kind, _ in listener.heard].count("end") == 1
            assert listener.body == b"hello"
            assert wire.idle == [wire.connection]

    def test_a_trailer_is_not_a_header_of_the_next_answer(self, wire: Wire) -> None:
        wire.asks()
        wire.says(CHUNKED)
        listener = wire.asks()
        wire.says(OK)
        assert [name for name, _ in listener.headers] == [b"Content-Type", b"Content-Length"]

    @pytest.mark.parametrize("interim", [b"100 Continue", b"103 Early Hints\r\nLink: </x>", b"102 Processing"])
    def test_interim_answers_are_passed_over(self, wire: Wire, interim: bytes) -> None:
        listener = wire.asks()
        wire.says(b"HTTP/1.1 %b\r\n\r\n" % interim)
        assert listener.heard == []
        wire.says(b"HTTP/1.1 %b\r\n\r\n" % interim + OK)
        assert listener.heard == [("head", 200), ("end", b"hello")]
        assert [name for name, _ in listener.headers] == [b"Content-Type", b"Content-Length"]

    def test_without_length_they_end_with_the_connection(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(b"HTTP/1.1 200 OK\r\n\r\nhello")
        assert listener.heard == [("head", 200), ("read", b"hello")]
        assert not wire.connection.eof_received()
        wire.transport.lose()
        assert listener.heard[2:] == [("end", b"")]

    def test_but_not_with_one_that_broke(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(b"HTTP/1.1 200 OK\r\n\r\nhello")
        wire.transport.lose(ConnectionResetError())
        assert listener.heard[2:] == [("lost", UpstreamFailure.RESET)]

    @pytest.mark.parametrize("torn", [OK[:-1], CHUNKED[:-4], OK[:20], b""])
    def test_what_ends_early_is_lost(self, wire: Wire, torn: bytes) -> None:
        listener = wire.asks()
        if torn:
            wire.says(torn)
        wire.transport.lose()
        assert listener.heard[-1] == ("lost", UpstreamFailure.RESET)
        assert not any(kind == "end" for kind, _ in listener.heard)

    def test_a_status_without_body_ends_at_once(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert listener.heard == [("head", 204), ("end", b"")]


class TestKeepAlive:
    def test_a_whole_answer_frees_the_connection_for_the_next(self, wire: Wire) -> None:
        for _ in range(3):
            listener = wire.asks()
            wire.says(OK)
            assert listener.heard == [("head", 200), ("end", b"hello")]
            assert wire.connection.deadline == inf
        assert wire.idle == [wire.connection] * 3

    @pytest.mark.parametrize(
        "answer",
        [OK.replace(b"200 OK", b"200 OK\r\nConnection: close"), OK.replace(b"HTTP/1.1", b"HTTP/1.0")],
        ids=["close", "1.0"],
    )
    def test_not_when_the_server_says_otherwise(self, wire: Wire, answer: bytes) -> None:
        wire.asks()
        wire.says(answer)
        assert wire.idle == []
        assert wire.transport.closed

    def test_what_nobody_asked_for_ends_the_connection(self, wire: Wire) -> None:
        wire.asks()
        wire.says(OK)
        wire.says(OK)
        assert not wire.connection.is_open

    @pytest.mark.parametrize("more", [b"x", b"HTTP/1.1 500 No\r\n", OK, OK.replace(b"200", b"500")])
    @pytest.mark.parametrize("cut", [0, 30, len(OK) - 1, len(OK)])
    def test_also_when_it_comes_with_the_answer_and_it_is_not_the_answer(
        self, wire: Wire, more: bytes, cut: int
    ) -> None:
        listener = wire.asks()
        if cut:
            wire.says(OK[:cut])
        wire.says(OK[cut:] + more)
        assert listener.body == b"hello"
        assert [item for item in listener.heard if item[0] != "read"] == [
            ("head", 200),
            ("end", listener.heard[-1][1]),
        ]
        assert not wire.connection.is_open


class TestNonsense:
    @pytest.mark.parametrize(
        "answer",
        [
            b"SSH-2.0-x\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ],
    )
    def test_is_no_answer(self, wire: Wire, answer: bytes) -> None:
        listener = wire.asks()
        wire.says(answer)
        assert listener.heard[-1] == ("lost", UpstreamFailure.MALFORMED)
        assert wire.transport.aborted

    def test_in_the_middle_keeps_what_came_before_it(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(CHUNKED.replace(b"2;x=y", b"zz"))
        assert listener.heard == [("head", 200), ("read", b"hel"), ("lost", UpstreamFailure.MALFORMED)]

    def test_a_head_without_end_is_no_answer(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(b"HTTP/1.1 200 OK\r\n")
        for _ in range(READ_HEAD_LIMIT // 10_000 + 1):
            wire.says(b"x: " + b"y" * 9_995 + b"\r\n")
        assert listener.heard == [("lost", UpstreamFailure.MALFORMED)]


class TestTime:
    def test_to_the_first_byte(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.wait(59)
        assert listener.heard == []
        wire.wait(1)
        assert listener.heard == [("lost", UpstreamFailure.TIMEOUT)]
        assert wire.transport.aborted

    def test_between_two_reads(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(OK[:-5])
        for _ in range(4):
            wire.wait(9)
            wire.says(b"x")
        wire.wait(10)
        assert listener.heard[-1] == ("lost", UpstreamFailure.TIMEOUT)

    def test_while_the_client_is_slow_it_does_not_count(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(OK[:-5])
        wire.connection.pause()
        assert not wire.transport.reading
        wire.wait(1000)
        wire.connection.resume()
        assert wire.transport.reading
        wire.wait(9)
        assert listener.heard == [("head", 200), ("read", b"")]
        wire.wait(1)
        assert listener.heard[-1] == ("lost", UpstreamFailure.TIMEOUT)


class TestLoss:
    def test_before_any_answer_on_a_used_connection_nothing_was_begun(self, wire: Wire) -> None:
        wire.asks()
        wire.says(OK)
        listener = wire.asks()
        wire.transport.lose(ConnectionResetError())
        assert listener.heard == [("lost", UpstreamFailure.RESET)]
        assert listener.unanswered is True
        assert wire.gone == [wire.connection]

    @pytest.mark.parametrize("used", [False, True])
    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2", b"HTTP/1.1 100 Continue\r\n\r\n", OK[:-1]])
    def test_otherwise_it_may_have_been(self, wire: Wire, used: bool, said: bytes) -> None:
        if used:
            wire.asks()
            wire.says(OK)
        listener = wire.asks()
        if said:
            wire.says(said)
        wire.transport.lose()
        assert listener.unanswered is (used and not said)

    def test_a_timeout_is_never_tried_again(self, wire: Wire) -> None:
        wire.asks()
        wire.says(OK)
        listener = wire.asks()
        wire.wait(60)
        assert listener.unanswered is False

    def test_after_a_cancel_nothing_is_heard(self, wire: Wire) -> None:
        listener = wire.asks()
        wire.says(OK[:-1])
        wire.connection.cancel()
        assert wire.transport.aborted
        wire.says(b"o")
        wire.transport.lose()
        assert listener.heard == [("head", 200), ("read", b"hell")]
        assert wire.gone == [wire.connection]
