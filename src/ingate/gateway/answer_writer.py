"""Answers as bytes on a client's connection: how the end of each is told, and which headers say so."""

from __future__ import annotations

from asyncio import Transport
from collections.abc import Sequence
from enum import Enum

from ingate.wire.http1 import Header, render_answer_head

from .identifiers import RequestIds

_LAST_CHUNK = b"0\r\n\r\n"


class Framing(Enum):
    """How the end of an answer's body is told."""

    LENGTH = "content-length"
    CHUNKED = "chunked"
    CLOSE = "end of connection"
    NO_BODY = "no body"


LENGTH, CHUNKED, CLOSE, NO_BODY = Framing


class AnswerWriter:
    """One answer after another. It writes; what is then due on the connection is the connection's matter."""

    __slots__ = ("_framing", "_head", "_http10", "_transport", "closes")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._head = b""
        """Waits for the first of the body, to leave with it in one write."""
        self._framing = NO_BODY
        self._http10 = False
        self.closes = False
        """The connection ends with this answer."""

    @property
    def ends_with_connection(self) -> bool:
        """Only the connection's end tells the answer's, so that an orderly one would make half an answer whole."""
        return self._framing is CLOSE

    def expect(self, framing: Framing, *, http10: bool, closes: bool) -> None:
        """What the request lets its answer be."""
        self._framing = framing
        self._http10 = http10
        self.closes = closes

    def begin(self, status: int, headers: Sequence[Header], content_length: int | None, ids: RequestIds) -> None:
        """The head goes out with the first `write`. Raises UnsafeHeadError, with nothing written."""
        lines = [*headers, *render_ids(ids)]
        framing = self._framing
        if status in (204, 304):
            framing = NO_BODY
        elif content_length is not None:
            framing = LENGTH
            lines.append((b"Content-Length", b"%d" % content_length))
        elif framing is CHUNKED:
            lines.append((b"Transfer-Encoding", b"chunked"))
        else:
            self.closes = True
        self._head = self._render_head(status, lines)
        self._framing = framing

    def withdraw(self) -> bool:
        """Takes back an answer that was begun, for another in its place. False when some of it has been written."""
        if not self._head:
            return False
        self._head = b""
        self._framing = LENGTH
        return True

    def write(self, data: bytes, ended: bool) -> None:
        """Some of the answer's body; with `ended`, its last."""
        head, self._head = self._head, b""
        if self._framing is CHUNKED:
            if data:
                last = b"\r\n0\r\n\r\n" if ended else b"\r\n"
                self._transport.write(b"%b%x\r\n%b%b" % (head, len(data), data, last))
            elif ended or head:
                self._transport.write(head + _LAST_CHUNK if ended else head)
        elif self._framing is NO_BODY:
            if head:
                self._transport.write(head)
        elif data or head:
            self._transport.write(head + data if head else data)

    def write_whole(self, status: int, headers: list[Header], body: bytes) -> None:
        head = self._render_head(status, [*headers, (b"Content-Length", b"%d" % len(body))])
        self._transport.write(head if self._framing is NO_BODY else head + body)

    def _render_head(self, status: int, lines: list[Header]) -> bytes:
        if self.closes:
            lines.append((b"Connection", b"close"))
        elif self._http10:
            lines.append((b"Connection", b"keep-alive"))
        return render_answer_head(status, lines)


def render_ids(ids: RequestIds) -> tuple[Header, Header]:
    return (b"request-id", ids.request_id.encode("latin-1")), (b"apim-request-id", ids.apim_request_id.encode())
