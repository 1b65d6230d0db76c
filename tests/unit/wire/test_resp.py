from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingate.wire.resp import LARGEST_BULK, MalformedReply, Reply, ReplyError, ReplyReader, render_command

EVERYTHING = (
    b"+OK\r\n-NOSCRIPT No matching\r\n:-7\r\n$5\r\na\r\nbc\r\n$-1\r\n$0\r\n\r\n"
    b"*3\r\n:1\r\n*0\r\n*1\r\n$1\r\nx\r\n*-1\r\n"
)
REPLIES: list[Reply] = [b"OK", ReplyError("NOSCRIPT No matching"), -7, b"a\r\nbc", None, b"", [1, [], [b"x"]], None]


def test_a_command_is_an_array_of_strings() -> None:
    assert render_command(b"SET", b"k", b"") == b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"


def test_replies_of_every_kind() -> None:
    assert ReplyReader().read(EVERYTHING) == REPLIES


@given(st.lists(st.integers(1, 10), max_size=80))
def test_replies_may_be_cut_anywhere(sizes: list[int]) -> None:
    reader, rest, replies = ReplyReader(), EVERYTHING, list[Reply]()
    for size in sizes:
        replies += reader.read(rest[:size])
        rest = rest[size:]
    assert replies + reader.read(rest) == REPLIES


def test_what_is_not_whole_yet_is_no_reply() -> None:
    reader = ReplyReader()
    for byte in b"*2\r\n:1\r\n:2\r":
        assert reader.read(bytes([byte])) == []
    assert reader.read(b"\n") == [[1, 2]]


def test_an_errors_code_is_its_first_word() -> None:
    assert ReplyError("WRONGPASS invalid username-password pair").code == "WRONGPASS"


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b":\r\n",
        b":one\r\n",
        b":99999999999999999999\r\n",
        b"$3\r\nabcd\r\n",
        b"$-2\r\n",
        b"$%d\r\n" % (LARGEST_BULK + 1),
        b"*-2\r\n",
        b"*1025\r\n",
        b"*1\r\n" * 20,
        b"+" + b"x" * 70_000,
    ],
)
def test_what_no_server_of_ours_would_say_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        ReplyReader().read(data)


@given(st.binary(max_size=60))
def test_any_bytes_are_replies_or_malformed(data: bytes) -> None:
    with contextlib.suppress(MalformedReply):
        ReplyReader().read(data)
