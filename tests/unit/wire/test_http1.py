"""Every head that Ingate sends, read back by another implementation."""

from __future__ import annotations

import h11
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingate.wire.http1 import Header, UnsafeHeadError, is_token, render_answer_head, render_request_head

HOSTILE_NAMES = [
    b"",
    b" x",
    b"x ",
    b"x:",
    b"x:y",
    b"x\r\ny",
    b"x\n",
    b"\nx",
    b"x\ty",
    b"x\0",
    b"x\xe9",
    b'"x"',
    b"x/y",
    b"(x)",
]
HOSTILE_VALUES = [
    b"\r\n",
    b"a\r\nb: c",
    b"a\nb: c",
    b"a\rb: c",
    b"a\0",
    b"a\r\n b",
    b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"a\n",
]

names = st.one_of(
    st.sampled_from(HOSTILE_NAMES), st.from_regex(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}\Z"), st.binary(max_size=8)
)
values = st.one_of(
    st.sampled_from(HOSTILE_VALUES), st.from_regex(rb"[\x20-\x7e\x80-\xff\t]{0,30}\Z"), st.binary(max_size=8)
)


def read_answer(data: bytes) -> h11.Response:
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    reader.receive_data(data)
    event = reader.next_event()
    assert isinstance(event, h11.Response)
    assert reader.next_event() is h11.NEED_DATA, "there is more than a head"
    return event


@settings(deadline=None)
@given(st.lists(st.tuples(names, values), max_size=6))
@example([])
def test_a_head_is_read_back_with_the_same_headers_or_is_not_made(headers: list[Header]) -> None:
    assume(not any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in headers))
    try:
        head = render_answer_head(200, headers)
    except UnsafeHeadError:
        assert any(
            not is_token(name) or any(byte in value for byte in (b"\r", b"\n", b"\0")) for name, value in headers
        )
        return
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert lines == [b"HTTP/1.1 200 OK", *(name + b": " + value for name, value in headers)]
    if any(byte < 0x20 and byte != 0x09 or byte == 0x7F for _, value in headers for byte in value):
        return  # h11 takes no other control characters; they stay on their line all the same
    answer = read_answer(head)
    assert list(answer.headers.raw_items()) == [(name, value.strip(b" \t")) for name, value in headers]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_no_token_is_refused(name: bytes) -> None:
    with pytest.raises(UnsafeHeadError):
        render_answer_head(200, [(name, b"x")])
    with pytest.raises(UnsafeHeadError):
        render_answer_head(200, [(name, b"x")])  # nor is it remembered as good


@pytest.mark.parametrize("value", HOSTILE_VALUES)
def test_a_value_that_would_leave_its_line_is_refused(value: bytes) -> None:
    with pytest.raises(UnsafeHeadError):
        render_request_head(b"POST", b"/", [(b"x", value)])


def test_a_target_that_would_leave_its_line_is_refused() -> None:
    with pytest.raises(UnsafeHeadError):
        render_request_head(b"POST", b"/ HTTP/1.1\r\nEvil: yes\r\n", [])


def test_without_headers_it_is_still_one_head() -> None:
    """One empty line too many would make the body a second request."""
    assert render_request_head(b"GET", b"/", []) == b"GET / HTTP/1.1\r\n\r\n"


def test_a_request_is_read_back() -> None:
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(render_request_head(b"POST", b"/v1/messages?beta=true", [(b"Host", b"h"), (b"X-A", b"\xe9")]))
    event = reader.next_event()
    assert isinstance(event, h11.Request)
    assert (event.method, event.target) == (b"POST", b"/v1/messages?beta=true")
    assert list(event.headers) == [(b"host", b"h"), (b"x-a", b"\xe9")]


@pytest.mark.parametrize(("status", "phrase"), [(200, b"OK"), (529, b"Overloaded"), (418, b""), (599, b"")])
def test_a_status_has_its_phrase_or_none(status: int, phrase: bytes) -> None:
    head = render_answer_head(status, [])
    assert head == b"HTTP/1.1 %d %b\r\n\r\n" % (status, phrase)
    assert read_answer(head).status_code == status
