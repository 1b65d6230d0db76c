"""One HTTP/1.1 connection to an upstream: a request out, an answer in, and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from math import inf
from typing import Protocol, cast

import httptools

from ingate.domain.upstream import UpstreamFailure
from ingate.wire.http1 import Header

READ_HEAD_LIMIT = 256 * 1024
"""Bytes of an answer's head. More is not an answer."""

LARGE_BODY = 1024 * 1024
"""A file of more bytes is not copied to be sent in one piece with its head."""


class AnswerListener(Protocol):
    """What a connection tells the call it serves: one call for the head, one for every read, one at the end."""

    def on_head(self, status: int, headers: Sequence[Header]) -> None: ...

    def on_read(self, data: bytes, ended: bool) -> None: ...

    def on_lost(self, failure: UpstreamFailure, detail: str, *, unanswered: bool) -> None:
        """`unanswered`: the connection had been idle and ended before a byte of an answer."""
        ...


class Http1Connection(asyncio.Protocol):
    """Owned by a pool. Serves one listener at a time."""

    __slots__ = (
        "_clock",
        "_ended",
        "_eof_ends_body",
        "_first_byte_timeout",
        "_has_answer",
        "_head_bytes",
        "_headers",
        "_idle_timeout",
        "_keep_alive",
        "_listener",
        "_new_head",
        "_on_gone",
        "_on_idle",
        "_parser",
        "_parts",
        "_paused",
        "_status",
        "_transport",
        "deadline",
        "idle_since",
        "served",
    )

    def __init__(
        self,
        *,
        first_byte_timeout: float,
        idle_timeout: float,
        clock: Callable[[], float],
        on_idle: Callable[[Http1Connection], None],
        on_gone: Callable[[Http1Connection], None],
    ) -> None:
        self._first_byte_timeout = first_byte_timeout
        self._idle_timeout = idle_timeout
        self._clock = clock
        self._on_idle = on_idle
        self._on_gone = on_gone
        self._transport: asyncio.Transport | None = None
        self._listener: AnswerListener | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[Header] = []
        self._status = 0
        self._head_bytes = 0
        self._parts: list[bytes] = []
        self._new_head = self._has_answer = self._ended = False
        self._keep_alive = self._eof_ends_body = self._paused = False
        self.served = 0
        """Requests sent so far."""
        self.idle_since = 0.0
        self.deadline = inf

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, head: bytes, body: Sequence[bytes | memoryview], listener: AnswerListener) -> None:
        assert self._transport is not None  # noqa: S101 - a pool hands out connected ones only
        self._listener = listener
        self._has_answer = self._ended = self._eof_ends_body = False
        self.served += 1
        self.deadline = self._clock() + self._first_byte_timeout
        if len(body) == 1 and len(body[0]) > LARGE_BODY:
            self._transport.write(head)
            self._transport.write(body[0])
        else:
            self._transport.write(b"".join((head, *body)))

    def cancel(self) -> None:
        """The answer is no longer wanted; HTTP/1.1 can say so only by ending the connection."""
        self._listener = None
        self.deadline = inf
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def pause(self) -> None:
        if self._transport is not None and not self._paused and not self._transport.is_closing():
            self._paused = True
            self.deadline = inf
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._transport is not None and self._paused:
            self._paused = False
            if not self._transport.is_closing():
                timeout = self._idle_timeout if self._has_answer else self._first_byte_timeout
                self.deadline = self._clock() + timeout
                self._transport.resume_reading()

    def on_deadline(self) -> None:
        when = "while its answer went on" if self._has_answer else "before its answer began"
        self._fail(UpstreamFailure.TIMEOUT, f"silent for too long {when}")

    # The event loop calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        listener = self._listener
        if listener is None:
            # Nobody asked: whatever this is, it must not become the answer to the next request.
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self._ended:
                self._deliver(listener)
                self._fail(UpstreamFailure.MALFORMED, f"not a valid HTTP answer: {error}")
                return
            self._keep_alive = False
        except httptools.HttpParserUpgrade:
            self._fail(UpstreamFailure.MALFORMED, "it switched to another protocol")
            return
        if not self._has_answer:
            self._head_bytes += len(data)
            if self._head_bytes > READ_HEAD_LIMIT:
                self._fail(UpstreamFailure.MALFORMED, "its answer's head is too large")
                return
        elif not self._paused:
            self.deadline = self._clock() + self._idle_timeout
        self._deliver(listener)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadline = inf
        self._on_gone(self)
        listener = self._listener
        if listener is None:
            return
        if self._has_answer and self._eof_ends_body and exc is None:
            self._listener = None
            listener.on_read(b"", True)
        else:
            self._fail(UpstreamFailure.RESET, f"the connection ended{f' ({exc})' if exc else ''}")

    # The parser calls these

    def on_header(self, name: bytes, value: bytes | None) -> None:
        if not self._has_answer:
            self._headers.append((name, value or b""))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200 or self._ended:
            return
        self._status = status
        self._keep_alive = self._parser.should_keep_alive()
        self._has_answer = self._new_head = True
        self._eof_ends_body = not self._keep_alive and not any(
            name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self._headers
        )

    def on_body(self, body: bytes) -> None:
        if not self._ended:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._has_answer:
            self._ended = True
        else:
            self._headers = []

    def on_message_begin(self) -> None:
        if self._ended:  # what follows an answer in one read is nobody's
            self._keep_alive = False

    # Telling the listener

    def _deliver(self, listener: AnswerListener) -> None:
        """Everything that one read brought, with at most one call for the head and one for the body."""
        new_head, ended, parts = self._new_head, self._ended, self._parts
        if not new_head and not parts and not ended:
            return
        headers, status = self._headers, self._status
        if new_head:
            self._new_head = False
            self._headers = []
            self._head_bytes = 0
        data = b""
        if parts:
            data = parts[0] if len(parts) == 1 else b"".join(parts)
            self._parts = []
        if ended:
            self._finish()
        if new_head:
            listener.on_head(status, headers)
        listener.on_read(data, ended)

    def _finish(self) -> None:
        """The answer is whole. The connection is free before its listener hears so, and may use it again."""
        self._listener = None
        self._has_answer = self._ended = False
        if self._keep_alive and self.is_open and not self._paused:
            self.deadline = inf
            self.idle_since = self._clock()
            self._on_idle(self)
        else:
            self.close()

    def _fail(self, failure: UpstreamFailure, detail: str) -> None:
        listener, self._listener = self._listener, None
        self.deadline = inf
        if self._transport is not None:
            self._transport.abort()
        if listener is not None:
            unanswered = failure is UpstreamFailure.RESET and self.served > 1 and not self._has_answer
            listener.on_lost(failure, detail, unanswered=unanswered and self._head_bytes == 0)
