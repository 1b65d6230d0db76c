"""Heads that Ingate sends: whatever names and values come, one head stays one head, or nothing is sent."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.strict_http import Malformed, parse_request, parse_response

from ingate.wire.http1 import Header, UnsafeHeadError, render_answer_head, render_request_head

BODY = b"POST /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
"""What a body must never become: a request of its own."""

hostile = st.sampled_from(
    [
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\r\n\r\n",
        b"\nX-Smuggled: 1",
        b"\r\n ",
        b": ",
        b" ",
        b"\t",
        b"",
        b"\x0b",
        b"\x85",
        b"\xff",
    ]
)
name_parts = st.one_of(
    st.sampled_from([b"x-a", b"Host", b"content-length", b"transfer-encoding", b"X_1!"]),
    hostile,
    st.binary(max_size=6),
)
value_parts = st.one_of(st.sampled_from([b"value", b"1", b"chunked", b"a, b"]), hostile, st.binary(max_size=12))
names = st.lists(name_parts, min_size=1, max_size=2).map(b"".join)
values = st.lists(value_parts, max_size=3).map(b"".join)
headers = st.lists(st.tuples(names, values), max_size=6)

plain_names = st.from_regex(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}", fullmatch=True).map(lambda name: b"x-" + name)
plain_values = st.from_regex(
    rb"([\x21-\x7e\x80-\xff]([\x20-\x7e\x80-\xff\t]{0,20}[\x21-\x7e\x80-\xff])?)?", fullmatch=True
)
plain_headers = st.lists(st.tuples(plain_names, plain_values), max_size=8)


def framed(extra: list[Header]) -> list[Header]:
    return [(b"host", b"upstream"), *extra, (b"content-length", b"%d" % len(BODY))]


@given(headers)
@settings(max_examples=400, deadline=None)
@example([])
@example([(b"x", b"a\r\n\r\nGET / HTTP/1.1\r\nHost: a")])
@example([(b"x\r\ny", b"1")])
@example([(b"", b"1")])
@example([(b"x ", b"1")])
def test_a_request_head_is_one_head_or_is_refused(extra: list[Header]) -> None:
    try:
        head = render_request_head(b"POST", b"/v1/messages", framed(extra))
    except UnsafeHeadError:
        return
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1
    assert head.count(b"\r\n") == head.count(b"\r") == head.count(b"\n") == len(extra) + 4
    lines = head[:-4].split(b"\r\n")
    assert lines[0] == b"POST /v1/messages HTTP/1.1"
    assert [line.partition(b": ")[0] for line in lines[1:]] == [name for name, _ in framed(extra)]


@given(plain_headers)
@settings(max_examples=200, deadline=None)
def test_two_strict_readers_find_exactly_what_was_written(extra: list[Header]) -> None:
    sent = render_request_head(b"POST", b"/v1/messages?beta=true", framed(extra)) + BODY
    request, rest = parse_request(sent)
    assert (request.method, request.target, request.body, rest) == (b"POST", b"/v1/messages?beta=true", BODY, b"")
    assert request.headers == tuple(framed(extra))
    other = h11.Connection(h11.SERVER)
    other.receive_data(sent)
    event = other.next_event()
    assert isinstance(event, h11.Request)
    assert [(name.lower(), value) for name, value in framed(extra)] == list(event.headers)


@given(st.integers(200, 599), plain_headers)
@settings(max_examples=200, deadline=None)
def test_an_answer_head_is_read_back_as_it_was_written(status: int, extra: list[Header]) -> None:
    written = [*extra, (b"content-length", b"0")]
    response, rest = parse_response(render_answer_head(status, written))
    assert (response.status, response.headers, rest) == (status, tuple(written), b"")


@given(headers)
@settings(max_examples=300, deadline=None)
def test_an_answer_head_is_one_head_or_is_refused(extra: list[Header]) -> None:
    try:
        head = render_answer_head(200, extra)
    except UnsafeHeadError:
        return
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n") == head.count(b"\r") == head.count(b"\n") == len(extra) + 2


@pytest.mark.parametrize("target", [b"/a b", b"/a\r\nX: 1", b"/a\nb", b"/a HTTP/1.1\r\nX: 1\r\n\r\n", b"/a\0"])
def test_a_target_that_would_end_its_line_never_makes_two_requests(target: bytes) -> None:
    """Spaces are kept out where targets are read (gateway/framing.py); line ends are kept out here too."""
    try:
        head = render_request_head(b"POST", target, framed([]))
    except UnsafeHeadError:
        return
    with pytest.raises(Malformed):
        parse_request(head + BODY)
