"""A client's connection: bytes in, requests out to the pipeline; answers in, bytes out.

llhttp (through httptools) parses; this file keeps the bounds while it reads, and keeps pipelined requests and their
answers in order. No task and no future: the event loop calls it, and it calls the pipeline and the exchange.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from enum import Enum
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, NamedTuple, cast

import httptools

from ingate.domain.refusal import Refusal, RequestTooLarge
from ingate.wire.http1 import Header
from ingate.wire.messages.errors import render_error

from .answer_writer import CHUNKED, CLOSE, LENGTH, NO_BODY, AnswerWriter, render_ids
from .framing import TOO_MANY_HEADERS, TOO_MUCH_FRAMING, TOO_SLOW, HeadProblem, decide_head_problem
from .head import RequestHead
from .health import LocalAnswer, find_local_answer
from .identifiers import RequestIds
from .local_operations import PREFIX, LocalOperation
from .pipeline import Caller
from .refusals import RenderedRefusal

if TYPE_CHECKING:
    from .exchange import Exchange
    from .server import GatewayServer

_log = logging.getLogger(__name__)

WRITE_HIGH_WATER = 64 * 1024
"""Bytes waiting for a slow client before its upstream is paused."""

SMALL_BODY = 256 * 1024
"""A refused request's body up to this size is read and thrown away, to keep its connection."""

QUEUE_LIMIT = 16
"""Pipelined requests that wait before no more is read. Until then a client that leaves is noticed at once; a
transport that does not read does not see the end either."""

CHUNK_FRAMING = 64
"""Bytes around a chunk that are not yet an attempt to keep the parser busy; all trailers may be as long as a head."""

LINGER_BYTES = 64 * 1024 * 1024
"""What a client may still send after its last answer before it is cut off: a whole body refused by its length,
since clients read an answer only when they have sent theirs. Where a file may be sent, twice its limit."""

_JSON: Header = (b"Content-Type", b"application/json")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Reading(Enum):
    """Where in a request the parser stands."""

    BETWEEN = "between requests"
    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing more is read"


BETWEEN, HEAD, BODY, NOTHING = Reading


class Pending(NamedTuple):
    """A request that has been read and waits its turn; or the problem that ends the connection."""

    head: RequestHead | None
    """None when it was not read whole."""
    caller: Caller | LocalOperation | Refusal | LocalAnswer | HeadProblem
    body: bytes
    close: bool
    started_at: float
    """When its head was complete."""


class ClientConnection(asyncio.Protocol):
    """One connection from its first byte to its last."""

    __slots__ = (
        "_body",
        "_body_length",
        "_body_limit",
        "_busy",
        "_continue_due",
        "_exchange",
        "_head",
        "_give_up_at",
        "_headers",
        "_ignored_bytes",
        "_parser",
        "_pumping",
        "_queue",
        "_reading",
        "_reading_paused",
        "_server",
        "_started_at",
        "_target",
        "_transport",
        "_wire_bytes",
        "_writer",
        "_writing_paused",
        "deadline",
        "peer",
    )

    def __init__(self, server: GatewayServer) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._queue: deque[Pending] | None = None
        self._reading = BETWEEN
        self._head: RequestHead | None = None
        """Of the request being read or of the one before it."""
        self._body: list[bytes] | None = None
        """None while a body is thrown away."""
        self._body_length = 0
        self._body_limit = 0
        self._started_at = 0.0
        self._target = b""
        self._headers: list[Header] = []
        self._wire_bytes = 0
        self._ignored_bytes = 0
        self._busy = False
        self._pumping = False
        self._reading_paused = False
        self._writing_paused = False
        """The client does not take what is written: no further request of its is begun."""
        self._continue_due = False
        self._exchange: Exchange | None = None
        self._give_up_at = 0.0
        self.deadline = inf
        """The time at which `on_deadline` is due."""
        self.peer: str | None = None

    # The event loop calls these

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        server = self._server
        self._transport = cast(asyncio.Transport, transport)
        self._writer = AnswerWriter(self._transport)
        if server.draining or len(server.connections) >= server.limits.connections:
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_WATER)
        peer = cast("tuple[str, int] | str | None", transport.get_extra_info("peername"))
        self.peer = peer[0] if isinstance(peer, tuple) else None
        server.connections.add(self)
        self.deadline = server.clock() + server.limits.idle_timeout

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._reading = NOTHING
        self.deadline = inf
        self._queue = None
        self._body = None
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.on_client_left()

    def eof_received(self) -> bool:
        """A client that closes its half while its answer is under way has left (as nginx sees it)."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.on_client_left()
        self._linger(self._server.clock())
        return False

    def data_received(self, data: bytes) -> None:
        if self._reading is NOTHING:
            self._ignore(len(data))
            return
        while data:
            data = self._feed(data)
        if self._reading is HEAD or self._reading is BODY:
            self._check_progress()
            if self._continue_due and not self._busy:
                self._send_continue()

    def pause_writing(self) -> None:
        self._writing_paused = True
        if self._exchange is not None:
            self._exchange.on_client_slow()
        self.deadline = self._server.clock() + self._server.limits.send_timeout

    def resume_writing(self) -> None:
        self._writing_paused = False
        limits = self._server.limits
        seconds = limits.linger_timeout if self._reading is NOTHING else limits.idle_timeout
        self.deadline = inf if self._busy and not self._transport.is_closing() else self._server.clock() + seconds
        if self._exchange is not None:
            self._exchange.on_client_ready()
        elif self._queue:
            self._pump()

    # The server calls these

    def on_deadline(self) -> None:
        now = self._server.clock()
        if self._reading is NOTHING and now < self._give_up_at and self._transport.get_write_buffer_size():
            self.deadline = now + self._server.limits.linger_timeout
        elif self._busy or self._reading is NOTHING:
            self._transport.abort()
        elif self._reading is BETWEEN:
            self._close()
        else:
            self._reject(TOO_SLOW)

    def close_when_idle(self) -> None:
        if not self._busy and not self._queue and self._reading is BETWEEN:
            self._transport.close()

    def stop(self) -> None:
        """The worker ends now."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.on_worker_stopped()
        self._transport.abort()

    # The parser calls these

    def on_message_begin(self) -> None:
        if self._reading is NOTHING:
            return
        self._reading = HEAD
        self._target = b""
        self._headers = []
        self._wire_bytes = 0
        if not self._busy:
            self.deadline = self._server.clock() + self._server.limits.head_timeout

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._reading is not HEAD:
            return
        server, head = self._server, self._head
        if head is None or not head.is_repeated_by(self._target, self._headers, self._parser):
            problem = self._read_head()
            if problem is not None:
                self._reject(problem, self._head)
                return
            head = self._head
            assert head is not None  # noqa: S101 - there is one when there is no problem
        if server.draining or self._is_outdated(head):
            self._decide_caller(head)
        self._headers = []  # what comes now are trailers, which nobody asked for
        self._reading = BODY
        self._body_length = 0
        self._started_at = server.clock()
        length = head.content_length
        if isinstance(head.caller, Caller | LocalOperation):
            self._body = []
            limits = server.limits
            takes_upload = isinstance(head.caller, Caller) and head.caller.endpoint.takes_upload
            self._body_limit = limits.upload_bytes if takes_upload else limits.body_bytes
            if length > self._body_limit:
                self._refuse_body()
            elif head.expect is not None:
                self._continue_due = True
        else:
            self._body = None
            if head.expect is not None or length > SMALL_BODY:
                self._finish_reading(head, head.caller, b"", close=True)

    def on_body(self, body: bytes) -> None:
        if self._reading is not BODY:
            return
        self._body_length += len(body)
        if self._body is not None:
            self._body.append(body)
            if self._body_length > self._body_limit:
                self._refuse_body()
        elif self._body_length > SMALL_BODY and self._head is not None:
            self._finish_reading(self._head, self._head.caller, b"", close=True)

    def on_message_complete(self) -> None:
        head = self._head
        if self._reading is not BODY or head is None:
            return
        if head.upgrade and self._parser.should_upgrade() and (head.transfer_encoding or head.content_length):
            return
        body = self._body
        joined = b"" if not body else body[0] if len(body) == 1 else b"".join(body)
        if head.keep_alive:
            self._reading = BETWEEN
        self._finish_reading(head, head.caller, joined, close=not head.keep_alive)

    # Reading

    def _read_head(self) -> HeadProblem | None:
        """A head that is not the one before once more, as the requests of one client mostly are."""
        self._head = None
        headers, limits = self._headers, self._server.limits
        size = len(self._target) + sum(map(len, chain.from_iterable(headers)))
        if size > limits.head_bytes or len(headers) > limits.header_count:
            return TOO_MANY_HEADERS
        parser = self._parser
        self._head = head = RequestHead(
            parser.get_method(),
            self._target,
            headers,
            parser.get_http_version(),
            keep_alive=parser.should_keep_alive(),
        )
        head.upgrade = parser.should_upgrade()
        head.address = self._server.addresses.decide(self.peer, head.forwarded_for)
        return decide_head_problem(head)

    def _is_outdated(self, head: RequestHead) -> bool:
        """Whether what was decided from it was decided with another directory, or with a token that has run out. A
        refusal always is: what was missing may have been granted since."""
        pipeline = self._server.pipeline
        if head.decided_with is not pipeline.directory or not isinstance(head.caller, Caller):
            return True
        return head.valid_until is not None and head.valid_until <= pipeline.wall_clock()

    def _decide_caller(self, head: RequestHead) -> None:
        head.caller = caller = self._decide_anew(head)
        head.decided_with = self._server.pipeline.directory
        head.valid_until = caller.identity.valid_until if isinstance(caller, Caller) else None

    def _decide_anew(self, head: RequestHead) -> Caller | LocalOperation | LocalAnswer | Refusal:
        server = self._server
        local = find_local_answer(head, server)
        if local is not None:
            return local
        if server.operations is not None and head.path.startswith(PREFIX):
            return server.operations.decide(head)
        return server.pipeline.decide_caller(head)

    def _feed(self, data: bytes) -> bytes:
        """Parses `data`; gives back what is left when the parser had to be replaced."""
        began_in_body = self._reading is BODY
        started_at = self._started_at
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # The client offers another protocol; RFC 9110 section 7.8 lets a server go on as if it had not.
            self._parser = httptools.HttpRequestParser(self)
            if (head := self._head) is not None and self._reading is BODY:
                # httptools takes such a request to have no body: the new parser reads it, as another request's.
                self._reading = NOTHING
                self._parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n\r\n" % _render_framing(head))
                self._reading = BODY
            return data[upgrade.args[0] :] if self._reading is not NOTHING else b""
        except httptools.HttpParserCallbackError:
            _log.exception("a request could not be handled")
            self._transport.abort()
            self._reading = NOTHING
        except httptools.HttpParserError as error:
            if self._reading is not NOTHING:
                self._reject(HeadProblem(400, f"The request is not valid HTTP: {error}."))
        if self._started_at == started_at and (self._reading is HEAD or (began_in_body and self._reading is BODY)):
            self._wire_bytes += len(data)  # all of it belongs to the one request, none to another before it
        return b""

    def _check_progress(self) -> None:
        """Bounds on what has no callback yet: half a header, and the framing of chunks."""
        limits = self._server.limits
        if self._reading is HEAD:
            if self._wire_bytes > limits.head_bytes:
                self._reject(TOO_MANY_HEADERS)
        elif self._reading is BODY:
            pieces = self._body_length if self._body is None else len(self._body)
            if self._wire_bytes - self._body_length > pieces * CHUNK_FRAMING + limits.head_bytes:
                self._reject(TOO_MUCH_FRAMING)
            elif not self._busy:
                earned = self._body_length / limits.body_bytes_per_second
                self.deadline = self._started_at + limits.body_timeout + earned

    def _refuse_body(self) -> None:
        refusal = RequestTooLarge(limit=self._body_limit)
        self._finish_reading(self._head, refusal, b"", close=True)

    def _reject(self, problem: HeadProblem, head: RequestHead | None = None) -> None:
        """The connection ends with an answer that says why, after those still due. `head` is the request's own, if it
        could be read."""
        self._finish_reading(self._head if self._reading is BODY else head, problem, b"", close=True)

    def _finish_reading(
        self,
        head: RequestHead | None,
        caller: Caller | LocalOperation | Refusal | LocalAnswer | HeadProblem,
        body: bytes,
        *,
        close: bool,
    ) -> None:
        """A request is complete, or needs to be read no further: it is started, or waits its turn."""
        pending = Pending(head, caller, body, close, self._started_at)
        self._body = None
        self._continue_due = False
        if close:
            self._reading = NOTHING
        if not self._busy and not self._queue and not self._writing_paused:
            self._start(pending)
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append(pending)
        if (len(self._queue) >= QUEUE_LIMIT or len(body) > SMALL_BODY) and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    def _send_continue(self) -> None:
        self._continue_due = False
        self._transport.write(_CONTINUE)

    def _ignore(self, length: int) -> None:
        self._ignored_bytes += length
        if self._busy:
            return
        now = self._server.clock()
        if self._ignored_bytes > max(LINGER_BYTES, 2 * self._body_limit) or now > self._give_up_at:
            self._transport.abort()
        else:
            self.deadline = now + self._server.limits.linger_timeout

    # Answering

    def _pump(self) -> None:
        """Starts the requests that wait, one after another, as long as each is answered at once."""
        if self._pumping:
            return
        self._pumping = True
        while self._queue and not self._busy and not self._writing_paused and not self._transport.is_closing():
            self._start(self._reconsider(self._queue.popleft()))
        self._pumping = False
        if not self._queue and self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        if self._continue_due and not self._busy:
            self._send_continue()

    def _reconsider(self, pending: Pending) -> Pending:
        """A request may have waited for longer than its caller may call."""
        head = pending.head
        if head is None or not isinstance(pending.caller, Caller):
            return pending
        if self._is_outdated(head):
            self._decide_caller(head)
        return pending._replace(caller=head.caller)

    def _start(self, pending: Pending) -> None:
        head, caller, body, close, started_at = pending
        pipeline = self._server.pipeline
        self._busy = True
        self.deadline = inf
        closes = close or self._server.draining
        http10 = head is not None and head.http10
        if isinstance(caller, Caller):
            assert head is not None  # noqa: S101 - it is what the caller was decided from
            self._writer.expect(CLOSE if http10 else CHUNKED, http10=http10, closes=closes)
            pipeline.forward(head, caller, body, self, started_at)
            return
        framing = NO_BODY if head is not None and head.method == b"HEAD" else LENGTH
        self._writer.expect(framing, http10=http10, closes=closes)
        if isinstance(caller, LocalAnswer):
            self._answer(caller.status, [_JSON], caller.body)
        elif isinstance(caller, LocalOperation):
            assert head is not None  # noqa: S101 - it is what the operation was decided from
            done = caller.operate(head.method, caller.path, head.query, body)
            self._answer(done.status, list(done.headers), done.body)
        elif isinstance(caller, HeadProblem):
            ids = pipeline.make_ids()
            body = render_error("invalid_request_error", caller.message, ids.request_id)
            self.answer_refusal(RenderedRefusal(caller.status, body, "invalid_request_error"), ids)
        else:
            known = head.caller if head is not None and isinstance(head.caller, Caller) else None
            pipeline.refuse(head, known, None, caller, self, started_at)

    @property
    def is_gone(self) -> bool:
        return self._transport.is_closing()

    def carry(self, exchange: Exchange) -> None:
        """The current request was admitted."""
        self._exchange = exchange

    def answer_refusal(self, rendered: RenderedRefusal, ids: RequestIds) -> None:
        """A whole answer that is not an upstream's."""
        self._answer(rendered.status, [_JSON, *rendered.headers, *render_ids(ids)], rendered.body)

    def begin_answer(
        self, status: int, headers: Sequence[Header], content_length: int | None, ids: RequestIds
    ) -> None:
        """The head goes out with the first `send`. Raises UnsafeHeadError, with nothing sent."""
        self._writer.begin(status, headers, content_length, ids)

    def withdraw_answer(self) -> bool:
        """Takes back an answer that was begun, for another in its place. False when some of it has been sent."""
        return self._writer.withdraw()

    def send(self, data: bytes, ended: bool) -> None:
        """Some of the answer's body; with `ended`, its last."""
        self._writer.write(data, ended)
        if ended:
            self._finish()

    def cut(self) -> None:
        """Ends an answer that cannot be completed so that the client sees that it is not whole."""
        self._exchange = None
        if self._writer.ends_with_connection:
            self._transport.abort()
        else:
            self._close()

    def _close(self) -> None:
        """After what is still to be written, unless the client does not take it in time."""
        self._linger(self._server.clock())
        self._transport.close()

    def _linger(self, now: float) -> None:
        self._reading = NOTHING
        self.deadline = now + self._server.limits.linger_timeout
        self._give_up_at = now + self._server.limits.send_timeout

    def _answer(self, status: int, headers: list[Header], body: bytes) -> None:
        self._writer.write_whole(status, headers, body)
        self._finish()

    def _finish(self) -> None:
        """The current answer is out."""
        self._exchange = None
        self._busy = False
        server = self._server
        now = server.clock()
        if self._writer.closes or server.draining:
            self._shut(now)
            return
        if self._reading is HEAD:
            self.deadline = now + server.limits.head_timeout
        elif self._reading is BODY:
            self._started_at = now
            self.deadline = now + server.limits.body_timeout
        else:
            self.deadline = now + server.limits.idle_timeout
        if self._queue or self._reading_paused or self._continue_due:
            self._pump()

    def _shut(self, now: float) -> None:
        """Ends our half and lets the client take the answer before the connection is gone: closing at once, with
        unread bytes from the client, would reset it and could lose the answer (RFC 9112 section 9.6)."""
        self._linger(now)
        self._queue = None
        if self._transport.is_closing():
            return
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        self._transport.write_eof()


def _render_framing(head: RequestHead) -> bytes:
    return b"Transfer-Encoding: chunked" if head.transfer_encoding else b"Content-Length: %d" % head.content_length
