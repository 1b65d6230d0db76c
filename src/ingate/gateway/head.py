"""A request's head as the HTTP front collects it, with what each header is for."""

from __future__ import annotations

from collections.abc import Sequence

from ingate.wire.http1 import Header

from .header_plan import HeaderPlanner, classify_by

_READ = {
    b"host": "host",
    b"content-length": "content_length",
    b"transfer-encoding": "transfer_encoding",
    b"connection": "connection",
    b"expect": "expect",
    b"content-encoding": "content_encoding",
    b"api-key": "api_key",
    b"x-api-key": "x_api_key",
    b"authorization": "authorization",
    b"anthropic-version": "version",
    b"user-agent": "user_agent",
}
"""Headers that the gateway reads, and the attribute that holds each."""

_FORWARDED = frozenset(("version", "user_agent"))
"""Those of them that go on to the upstream as well."""

_DROPPED = frozenset(
    # Hop-by-hop (RFC 9110 section 7.6.1) and what belongs to it
    b"keep-alive proxy-connection proxy-authenticate te trailer upgrade http2-settings "
    # credentials that are not ours to read
    b"proxy-authorization cookie ocp-apim-subscription-key "
    # what says where a request came from
    b"forwarded via x-real-ip x-client-ip x-original-host x-original-url".split()
)
_planner = HeaderPlanner(classify_by(_READ, _DROPPED, (b"x-forwarded-",)), _FORWARDED)


class RequestHead:
    """Filled in while the head is read, then left alone."""

    __slots__ = (
        "api_key",
        "authorization",
        "connection",
        "content_encoding",
        "content_length",
        "expect",
        "forward",
        "host",
        "http10",
        "keep_alive",
        "method",
        "path",
        "query",
        "started_at",
        "target",
        "transfer_encoding",
        "user_agent",
        "version",
        "x_api_key",
    )

    def __init__(self, started_at: float) -> None:
        self.started_at = started_at
        """When its first byte came, later when its last did."""
        self.target = self.method = self.path = self.query = b""
        self.http10 = self.keep_alive = False
        self.forward: Sequence[Header] = ()
        """Those that go on to the upstream, in order and as spelled. Known after `sort_headers`, as is the rest. A
        header that is repeated is one list (RFC 9110 section 5.3): two keys so become one that fits nothing."""
        self.host: bytes | None = None
        self.content_length: bytes | None = None
        self.transfer_encoding: bytes | None = None
        self.connection: bytes | None = None
        self.expect: bytes | None = None
        self.content_encoding: bytes | None = None
        self.api_key: bytes | None = None
        self.x_api_key: bytes | None = None
        self.authorization: bytes | None = None
        self.version: bytes | None = None
        self.user_agent: bytes | None = None

    def sort_headers(self, headers: Sequence[Header]) -> None:
        """Takes the headers as they came."""
        forward, read = _planner.get_plan(headers)
        self.forward = forward(headers)
        for attribute, index in read:
            value = headers[index][1]
            earlier: bytes | None = getattr(self, attribute)
            setattr(self, attribute, value if earlier is None else earlier + b", " + value)

    def drop_nominated(self) -> None:
        """Removes the headers that the client's `Connection` header names: they were meant for us."""
        nominated = {name.strip().lower() for name in (self.connection or b"").split(b",")}
        if nominated - {b"close", b"keep-alive", b"upgrade", b"te", b"http2-settings", b""}:
            self.forward = tuple(header for header in self.forward if header[0].lower() not in nominated)
