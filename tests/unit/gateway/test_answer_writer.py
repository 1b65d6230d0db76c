"""Answers in every framing, byte for byte."""

from __future__ import annotations

import pytest
from tests.unit.gateway.fake_front import FakeTransport

from ingate.gateway.answer_writer import CHUNKED, CLOSE, LENGTH, NO_BODY, AnswerWriter, Framing
from ingate.gateway.identifiers import RequestIds
from ingate.wire.http1 import Header

IDS = RequestIds(request_id="req_1", apim_request_id="apim-1")
TEXT: list[Header] = [(b"Content-Type", b"text/plain")]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nrequest-id: req_1\r\napim-request-id: apim-1\r\n"


@pytest.fixture
def transport() -> FakeTransport:
    return FakeTransport()


def make_writer(
    transport: FakeTransport, framing: Framing, *, http10: bool = False, closes: bool = False
) -> AnswerWriter:
    writer = AnswerWriter(transport)
    writer.expect(framing, http10=http10, closes=closes)
    return writer


def test_a_body_of_unknown_length_goes_in_chunks_each_in_one_write(transport: FakeTransport) -> None:
    writer = make_writer(transport, CHUNKED)
    writer.begin(200, TEXT, None, IDS)
    assert transport.written == b"", "the head waits for the first of the body"
    writer.write(b"one", False)
    writer.write(b"", False)
    writer.write(b"two", True)
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert transport.written == head + b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_an_end_without_a_last_piece_is_a_last_chunk(transport: FakeTransport) -> None:
    writer = make_writer(transport, CHUNKED)
    writer.begin(200, TEXT, None, IDS)
    writer.write(b"", True)
    assert transport.written == HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


def test_a_known_length_is_told(transport: FakeTransport) -> None:
    writer = make_writer(transport, CHUNKED)
    writer.begin(200, TEXT, 6, IDS)
    writer.write(b"one", False)
    writer.write(b"two", True)
    assert transport.written == HEAD + b"Content-Length: 6\r\n\r\nonetwo"
    assert not writer.closes


def test_what_knows_no_chunks_gets_the_end_of_the_connection(transport: FakeTransport) -> None:
    writer = make_writer(transport, CLOSE, http10=True)
    writer.begin(200, TEXT, None, IDS)
    writer.write(b"one", True)
    assert transport.written == HEAD + b"Connection: close\r\n\r\none"
    assert (writer.closes, writer.ends_with_connection) == (True, True)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_is_a_head_alone(transport: FakeTransport, status: int) -> None:
    writer = make_writer(transport, CHUNKED)
    writer.begin(status, [], None, IDS)
    writer.write(b"no body", True)
    assert transport.written.endswith(b"\r\napim-request-id: apim-1\r\n\r\n")


def test_an_answer_is_taken_back_until_some_of_it_is_written(transport: FakeTransport) -> None:
    writer = make_writer(transport, CHUNKED)
    writer.begin(200, TEXT, None, IDS)
    assert writer.withdraw()
    assert not writer.withdraw()
    writer.write_whole(502, TEXT, b"instead")
    assert transport.written.startswith(b"HTTP/1.1 502 ")
    assert transport.written.endswith(b"\r\nContent-Length: 7\r\n\r\ninstead")


def test_a_whole_answer_to_a_head_request_has_the_length_and_not_the_body(transport: FakeTransport) -> None:
    make_writer(transport, NO_BODY).write_whole(200, TEXT, b"body")
    assert transport.written == b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    ("http10", "closes", "line"),
    [(True, False, b"Connection: keep-alive\r\n"), (True, True, b"Connection: close\r\n"), (False, False, b"")],
)
def test_whether_the_connection_stays_is_said_where_it_is_not_understood(
    transport: FakeTransport, http10: bool, closes: bool, line: bytes
) -> None:
    make_writer(transport, LENGTH, http10=http10, closes=closes).write_whole(200, [], b"")
    assert transport.written == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + line + b"\r\n"
