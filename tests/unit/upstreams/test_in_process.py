from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.unit.upstreams.hand_driven_loop import REQUEST, HandDrivenLoop, RecordingSink

from ingate.domain.upstream import UpstreamCall, UpstreamFailure, UpstreamRequest
from ingate.upstreams.in_process import WRITE_SIZE, InProcessAnswer, InProcessUpstream
from ingate.wire.http1 import Header

Chunks = Iterable[tuple[float, bytes]]


@dataclass(frozen=True)
class Answer:
    chunks: Chunks
    status: int = 200
    headers: Sequence[Header] = ((b"content-type", b"text/plain"),)
    forward_to: str | None = None


def ask(loop: HandDrivenLoop, chunks: Chunks) -> tuple[UpstreamCall, RecordingSink]:
    def respond(_: UpstreamRequest) -> InProcessAnswer:
        return Answer(chunks)

    sink = RecordingSink()
    return InProcessUpstream(respond, loop=loop).send(REQUEST, sink), sink


def stream(*chunks: tuple[float, bytes]) -> Iterator[tuple[float, bytes]]:
    """An answer whose length nobody knows beforehand."""
    yield from chunks


def test_it_is_asked_as_a_server_would_be(loop: HandDrivenLoop) -> None:
    asked: list[tuple[bytes, bytes, Sequence[Header], bytes]] = []

    def respond(request: UpstreamRequest) -> InProcessAnswer:
        asked.append((request.path, request.query, request.headers, b"".join(request.body)))
        return Answer([(0.0, b"x")])

    InProcessUpstream(respond, loop=loop).send(REQUEST, RecordingSink())
    loop.settle()
    assert asked == [(b"/v1/messages", b"beta=true", REQUEST.headers, b'{"model":"m"}')]


def test_the_sink_hears_nothing_before_send_returns(loop: HandDrivenLoop) -> None:
    _, sink = ask(loop, [(0.0, b"hello")])
    assert sink.heard == []
    loop.settle()
    assert sink.heard == [("head", 200), ("end", b"hello")]


def test_an_answer_that_is_whole_has_a_length(loop: HandDrivenLoop) -> None:
    _, sink = ask(loop, [(0.0, b"hello"), (0.0, b"!")])
    loop.settle()
    assert (b"content-length", b"6") in sink.headers
    _, sink = ask(loop, stream((0.0, b"hello")))
    loop.settle()
    assert [name for name, _ in sink.headers] == [b"content-type"]


def test_an_empty_answer_ends(loop: HandDrivenLoop) -> None:
    whole: Chunks = []
    for chunks in (whole, stream()):
        _, sink = ask(loop, chunks)
        loop.settle()
        assert sink.heard == [("head", 200), ("end", b"")]


def test_pieces_come_when_they_are_due(loop: HandDrivenLoop) -> None:
    _, sink = ask(loop, stream((0.0, b"a"), (1.0, b"b"), (0.0, b"c"), (0.5, b"d")))
    loop.settle()
    assert sink.heard == [("head", 200), ("read", b"a")]
    loop.advance(0.9)
    assert sink.heard[2:] == []
    loop.advance(0.2)
    assert sink.heard[2:] == [("read", b"bc")]
    loop.advance(0.6)
    assert sink.heard[3:] == [("end", b"d")]


def test_the_head_does_not_wait_for_the_first_piece(loop: HandDrivenLoop) -> None:
    _, sink = ask(loop, stream((2.0, b"a")))
    loop.settle()
    assert sink.heard == [("head", 200), ("read", b"")]


def test_pieces_due_at_once_are_handed_on_in_reads_of_bounded_size(loop: HandDrivenLoop) -> None:
    _, sink = ask(loop, stream(*[(0.0, b"x" * 10_000)] * 20))
    loop.settle()
    reads = [data for kind, data in sink.heard if kind != "head" and isinstance(data, bytes)]
    assert sum(map(len, reads)) == 200_000
    assert max(map(len, reads)) < WRITE_SIZE + 10_000


class TestPause:
    def test_holds_pieces_back_until_resumed(self, loop: HandDrivenLoop) -> None:
        call, sink = ask(loop, stream((0.0, b"a"), (1.0, b"b"), (0.0, b"c")))
        loop.settle()
        call.pause()
        loop.advance(10)
        assert sink.heard == [("head", 200), ("read", b"a")]
        call.resume()
        assert sink.heard[2:] == [("end", b"bc")]

    def test_a_resume_before_the_time_changes_nothing(self, loop: HandDrivenLoop) -> None:
        call, sink = ask(loop, stream((0.0, b"a"), (1.0, b"b")))
        loop.settle()
        call.pause()
        call.resume()
        assert sink.heard == [("head", 200), ("read", b"a")]
        loop.advance(1.1)
        assert sink.heard[2:] == [("end", b"b")]

    def test_a_pause_from_within_a_read_stops_the_rest(self, loop: HandDrivenLoop) -> None:
        class Slow(RecordingSink):
            def on_answer_read(self, data: bytes, ended: bool) -> None:
                super().on_answer_read(data, ended)
                call.pause()

        sink = Slow()

        def respond(_: object) -> InProcessAnswer:
            return Answer(stream(*[(0.0, b"x" * WRITE_SIZE)] * 3))

        call = InProcessUpstream(respond, loop=loop).send(REQUEST, sink)
        for count in (2, 3, 4):
            loop.settle()
            assert len(sink.heard) == count
            call.resume()
        assert sink.heard[-1][0] == "end"


class TestCancel:
    def test_before_it_began(self, loop: HandDrivenLoop) -> None:
        call, sink = ask(loop, [(0.0, b"a")])
        call.cancel()
        loop.settle()
        assert sink.heard == []

    def test_while_it_waits(self, loop: HandDrivenLoop) -> None:
        call, sink = ask(loop, stream((0.0, b"a"), (1.0, b"b")))
        loop.settle()
        call.cancel()
        loop.advance(10)
        call.resume()
        assert sink.heard == [("head", 200), ("read", b"a")]

    def test_from_within_the_head(self, loop: HandDrivenLoop) -> None:
        class Refusing(RecordingSink):
            def on_answer_head(self, status: int, headers: Sequence[Header]) -> None:
                super().on_answer_head(status, headers)
                call.cancel()

        sink = Refusing()

        def respond(_: object) -> InProcessAnswer:
            return Answer([(0.0, b"a")])

        call = InProcessUpstream(respond, loop=loop).send(REQUEST, sink)
        loop.settle()
        assert sink.heard == [("head", 200)]

    def test_after_the_end(self, loop: HandDrivenLoop) -> None:
        call, sink = ask(loop, [(0.0, b"a")])
        loop.settle()
        call.pause()
        call.resume()
        call.cancel()
        assert sink.heard == [("head", 200), ("end", b"a")]


class TestFaults:
    """A fault in the answering function is an upstream's failure, never a client left without an answer."""

    def test_before_the_answer(self, loop: HandDrivenLoop) -> None:
        def respond(_: object) -> InProcessAnswer:
            raise ZeroDivisionError

        sink = RecordingSink()
        InProcessUpstream(respond, loop=loop).send(REQUEST, sink)
        loop.settle()
        assert sink.heard == [("failure", UpstreamFailure.MALFORMED)]

    def test_within_it(self, loop: HandDrivenLoop) -> None:
        def chunks() -> Iterator[tuple[float, bytes]]:
            yield 0.0, b"a"
            yield 1.0, b"b"
            raise ZeroDivisionError

        _, sink = ask(loop, chunks())
        loop.advance(0)
        loop.advance(2)
        assert sink.heard == [("head", 200), ("read", b"a"), ("failure", UpstreamFailure.MALFORMED)]


def test_an_answer_may_cut_the_connection_to_the_client(loop: HandDrivenLoop) -> None:
    def broken() -> Iterator[tuple[float, bytes]]:
        yield 0.0, b"some"
        raise ConnectionResetError

    _, sink = ask(loop, broken())
    loop.settle()
    assert sink.heard == [("head", 200), ("read", b"some"), ("failure", UpstreamFailure.CUT)]


def test_another_upstream_may_answer_in_its_place(loop: HandDrivenLoop) -> None:
    other = InProcessUpstream(lambda _: Answer([(0.0, b"theirs")]), loop=loop)
    found = {"other": other}.get
    for name, heard in (("other", [("head", 200), ("end", b"theirs")]), ("none", None)):
        upstream = InProcessUpstream(lambda _, name=name: Answer([], forward_to=name), loop=loop, find_upstream=found)
        sink = RecordingSink()
        upstream.send(REQUEST, sink)
        loop.settle()
        assert sink.heard == (heard or [("failure", UpstreamFailure.NOT_CONFIGURED)])
