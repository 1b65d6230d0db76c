"""An upstream that is a server speaking the Messages API: Anthropic, another Foundry resource, vLLM, llama.cpp, ...

https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from ingate.domain.upstream import (
    CredentialReference,
    UpstreamCall,
    UpstreamDefinition,
    UpstreamFailure,
    UpstreamRequest,
    UpstreamSink,
)
from ingate.wire.http1 import Header, UnsafeHeadError, render_request_head

from .http1_connection import Http1Connection
from .http1_pool import Http1Pool, Origin
from .profiles.answer import AnswerNormaliser
from .profiles.profile import Profile, get_profile

ReadCredential = Callable[[CredentialReference], str]
"""Raises OSError or KeyError when there is none. Called once for every definition, and again after a failure."""


class UpstreamMisconfigured(Exception):
    """The definition cannot be put to use on this machine. The text says why, and holds no secret."""


class MessagesApiUpstream:
    """Keeps connections to one server and sends requests on them."""

    def __init__(
        self, definition: UpstreamDefinition, *, loop: asyncio.AbstractEventLoop, read_credential: ReadCredential
    ) -> None:
        """Raises UpstreamMisconfigured."""
        try:
            base = urlsplit(definition.base_url or "")
            port = base.port
        except ValueError as error:
            raise UpstreamMisconfigured(f"its base URL is not valid: {error}") from None
        profile = get_profile(definition.profile)
        if base.scheme not in ("http", "https") or base.hostname is None:
            raise UpstreamMisconfigured("its base URL is not an http or https URL with a host")
        if profile is None:
            raise UpstreamMisconfigured(f"no profile is called '{definition.profile}'")
        self._profile: Profile = profile
        self._base_path = base.path.rstrip("/").encode()
        self._host: Header = (b"Host", base.netloc.rpartition("@")[2].encode())
        self._credential = _read_credential_header(definition, read_credential)
        is_tls = base.scheme == "https"
        self.pool = Http1Pool(
            Origin(base.hostname, port or (443 if is_tls else 80), _make_tls(definition) if is_tls else None),
            loop=loop,
            connect_timeout=definition.connect_timeout,
            first_byte_timeout=definition.first_byte_timeout,
            idle_timeout=definition.idle_timeout,
        )
        self._loop = loop

    def send(self, request: UpstreamRequest, sink: UpstreamSink) -> UpstreamCall:
        normaliser = self._profile.normaliser(
            path=request.path, request_body=b"".join(request.body) if self._profile.name != "none" else b""
        )
        call = MessagesApiCall(self.pool, sink, normaliser)
        try:
            head = request.rendered.get(self) or self._render_head(request)
        except UnsafeHeadError as error:
            self._loop.call_soon(call.on_not_connected, UpstreamFailure.MALFORMED, str(error))
            return call
        if request.content_length or request.method == b"POST":
            head = b"%bContent-Length: %d\r\n\r\n" % (head, request.content_length)
        else:
            head += b"\r\n"
        call.start(head, request.body, self._loop)
        return call

    def _render_head(self, request: UpstreamRequest) -> bytes:
        """All of the head but the body's length, which alone differs when a client repeats its headers."""
        target = self._base_path + request.path
        if request.query:
            target += b"?" + request.query
        headers = self._profile.request_headers([self._host, *request.headers, *self._credential])
        head = render_request_head(request.method, target, headers).removesuffix(b"\r\n")
        request.rendered[self] = head
        return head

    @property
    def is_idle(self) -> bool:
        return self.pool.is_idle

    def sweep(self, now: float) -> None:
        self.pool.sweep(now)

    def close(self) -> None:
        self.pool.close()


class MessagesApiCall:
    """One request under way: waits for a connection, then hears the answer."""

    __slots__ = ("_announced", "_body", "_connection", "_head", "_normaliser", "_paused", "_pool", "_sink")

    def __init__(self, pool: Http1Pool, sink: UpstreamSink, normaliser: AnswerNormaliser | None) -> None:
        self._pool = pool
        self._sink: UpstreamSink | None = sink
        self._normaliser = normaliser
        self._connection: Http1Connection | None = None
        self._head = b""
        self._body: Sequence[bytes | memoryview] = ()
        self._paused = self._announced = False

    def start(self, head: bytes, body: Sequence[bytes | memoryview], loop: asyncio.AbstractEventLoop) -> None:
        self._head = head
        self._body = body
        connection = self._pool.take_idle()
        if connection is not None:
            self.on_connected(connection)
        else:
            self._pool.connect(self.on_connected, self.on_not_connected)

    # The gateway calls these

    def cancel(self) -> None:
        self._sink = None
        self._body = ()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.cancel()

    def pause(self) -> None:
        self._paused = True
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        self._paused = False
        if self._connection is not None:
            self._connection.resume()

    # The pool and the connection call these

    def on_connected(self, connection: Http1Connection) -> None:
        if self._sink is None:
            self._pool.put_back(connection)
            return
        self._connection = connection
        connection.send(self._head, self._body, self)
        if self._paused:
            connection.pause()

    def on_not_connected(self, failure: UpstreamFailure, detail: str) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.on_upstream_failure(failure, detail)

    def on_head(self, status: int, headers: Sequence[Header]) -> None:
        self._head, self._body = b"", ()
        head = (status, headers) if self._normaliser is None else self._normaliser.head(status, headers)
        if head is not None:
            self._announce(head)

    def on_read(self, data: bytes, ended: bool) -> None:
        if self._normaliser is not None and self._sink is not None:
            data = self._normaliser.read(data, ended)
            head = self._normaliser.decided_head
            if not self._announced and head is not None:
                self._announce(head)
        sink = self._sink
        if sink is None or not self._announced:
            return
        if ended:
            self._sink = self._connection = None
        sink.on_answer_read(data, ended)

    def on_lost(self, failure: UpstreamFailure, detail: str, *, unanswered: bool) -> None:
        self._connection = None
        if unanswered and self._sink is not None:
            # It had been idle and the server had closed it before our request could arrive.
            self._pool.connect(self.on_connected, self.on_not_connected)
            return
        self.on_not_connected(failure, detail)

    def _announce(self, head: tuple[int, Sequence[Header]]) -> None:
        status, headers = head
        if self._sink is None:
            return
        if status < 200 or 300 <= status < 400:
            # A redirect would lead to a server that nobody configured.
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.cancel()
            self.on_not_connected(UpstreamFailure.MALFORMED, f"it answered with status {status}")
            return
        self._announced = True
        self._sink.on_answer_head(status, headers)


def _read_credential_header(definition: UpstreamDefinition, read: ReadCredential) -> tuple[Header, ...]:
    reference = definition.credential
    if reference is None:
        return ()
    try:
        secret = read(reference).encode("ascii")
    except (OSError, KeyError, UnicodeError):
        raise UpstreamMisconfigured(f"its credential cannot be read from {reference}") from None
    if not secret or not secret.isascii() or any(byte < 0x21 or byte > 0x7E for byte in secret):
        raise UpstreamMisconfigured(f"what {reference} holds cannot be a credential")
    name = definition.credential_header
    return ((name.encode(), b"Bearer " + secret if name == "authorization" else secret),)


def _make_tls(definition: UpstreamDefinition) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=definition.tls_ca_file)
    except (OSError, ssl.SSLError):
        raise UpstreamMisconfigured(f"certificates cannot be read from {definition.tls_ca_file}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
