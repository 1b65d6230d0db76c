from __future__ import annotations

import pytest

from ingate.cli.server_sent_events import ServerSentEvent, parse_events

STREAM = (
    ": a comment\r\n"
    "event: message_start\r\ndata: {}\r\n\r\n"
    "data: first\ndata:second\nid: 7\n\n"
    "event: ping\r\r"
    "event: last\rdata: wörld\r\r"
).encode()
EVENTS = [
    ServerSentEvent(name="message_start", data="{}"),
    ServerSentEvent(name="message", data="first\nsecond"),
    ServerSentEvent(name="last", data="wörld"),
]


def test_events_are_read_whatever_ends_their_lines() -> None:
    assert list(parse_events([STREAM])) == EVENTS


def test_events_are_the_same_wherever_the_stream_is_cut() -> None:
    for cut in range(len(STREAM)):
        assert list(parse_events([STREAM[:cut], b"", STREAM[cut:]])) == EVENTS
    assert list(parse_events(bytes([byte]) for byte in STREAM)) == EVENTS


@pytest.mark.parametrize("ending", ["\n\n", "\r\n\r\n"])
def test_an_event_is_given_out_as_soon_as_it_is_whole(ending: str) -> None:
    def chunks():
        yield f"data: one{ending}".encode()
        raise AssertionError("read on although an event was whole")

    assert next(parse_events(chunks())).data == "one"


def test_an_event_without_its_end_is_dropped() -> None:
    assert list(parse_events([b"data: one\n\ndata: tw"])) == [ServerSentEvent(name="message", data="one")]
