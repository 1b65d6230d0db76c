"""A request's head as the HTTP front collects it, with what each header is for."""

from __future__ import annotations

from enum import IntEnum

from ingate.wire.http1 import Header


class HeaderUse(IntEnum):
    """What the gateway does with a request header. FORWARD is the rule; all others are exceptions."""

    FORWARD = 0
    DROP = 1
    """Hop-by-hop (RFC 9110 section 7.6.1), forwarding headers, and credentials that are not ours to read."""
    HOST = 2
    CONTENT_LENGTH = 3
    TRANSFER_ENCODING = 4
    CONNECTION = 5
    EXPECT = 6
    API_KEY = 7
    X_API_KEY = 8
    AUTHORIZATION = 9
    VERSION = 10
    """Read and forwarded."""
    USER_AGENT = 11
    """Read and forwarded."""
    CONTENT_ENCODING = 12


_USES: dict[bytes, HeaderUse] = {
    b"host": HeaderUse.HOST,
    b"content-length": HeaderUse.CONTENT_LENGTH,
    b"transfer-encoding": HeaderUse.TRANSFER_ENCODING,
    b"connection": HeaderUse.CONNECTION,
    b"expect": HeaderUse.EXPECT,
    b"api-key": HeaderUse.API_KEY,
    b"x-api-key": HeaderUse.X_API_KEY,
    b"authorization": HeaderUse.AUTHORIZATION,
    b"anthropic-version": HeaderUse.VERSION,
    b"user-agent": HeaderUse.USER_AGENT,
    b"content-encoding": HeaderUse.CONTENT_ENCODING,
}
_DROPPED = [
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
    "cookie",
    "ocp-apim-subscription-key",
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-original-host",
    "x-original-url",
]
_USES.update((name.encode(), HeaderUse.DROP) for name in _DROPPED)

_seen: dict[bytes, HeaderUse] = {}
_SEEN_LIMIT = 4096


def get_use(name: bytes) -> HeaderUse:
    """By name without regard to case. Remembers spellings, up to a bound."""
    use = _seen.get(name)
    if use is None:
        lower = name.lower()
        use = HeaderUse.DROP if lower.startswith(b"x-forwarded-") else _USES.get(lower, HeaderUse.FORWARD)
        if len(_seen) < _SEEN_LIMIT:
            _seen[name] = use
    return use


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
        "header_count",
        "host",
        "host_count",
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
        self.target = b""
        self.method = b""
        self.path = b""
        self.query = b""
        self.http10 = False
        self.keep_alive = False
        self.header_count = 0
        self.forward: list[Header] = []
        """End-to-end headers, in order and as spelled."""
        self.host = b""
        self.host_count = 0
        self.content_length: int | None = None
        self.transfer_encoding: bytes | None = None
        self.connection: bytes | None = None
        self.expect: bytes | None = None
        self.content_encoding: bytes | None = None
        self.api_key: bytes | None = None
        self.x_api_key: bytes | None = None
        self.authorization: bytes | None = None
        self.version: bytes | None = None
        self.user_agent = b""

    def add(self, name: bytes, value: bytes) -> None:
        self.header_count += 1
        use = get_use(name)
        if use == HeaderUse.FORWARD:
            self.forward.append((name, value))
        elif use != HeaderUse.DROP:
            self._read(use, name, value)

    def _read(self, use: HeaderUse, name: bytes, value: bytes) -> None:
        match use:
            case HeaderUse.HOST:
                self.host = value
                self.host_count += 1
            case HeaderUse.CONTENT_LENGTH:
                self.content_length = int(value)
            case HeaderUse.TRANSFER_ENCODING:
                self.transfer_encoding = _joined(self.transfer_encoding, value)
            case HeaderUse.CONNECTION:
                self.connection = _joined(self.connection, value)
            case HeaderUse.EXPECT:
                self.expect = _joined(self.expect, value)
            case HeaderUse.API_KEY:
                self.api_key = _joined(self.api_key, value)
            case HeaderUse.X_API_KEY:
                self.x_api_key = _joined(self.x_api_key, value)
            case HeaderUse.AUTHORIZATION:
                self.authorization = _joined(self.authorization, value)
            case HeaderUse.VERSION:
                self.version = _joined(self.version, value)
                self.forward.append((name, value))
            case HeaderUse.USER_AGENT:
                self.user_agent = value
                self.forward.append((name, value))
            case HeaderUse.CONTENT_ENCODING:
                self.content_encoding = _joined(self.content_encoding, value)
            case HeaderUse.FORWARD | HeaderUse.DROP:
                pass

    def drop_nominated(self) -> None:
        """Removes the headers that the client's `Connection` header names: they were meant for us."""
        if self.connection is None:
            return
        nominated = {name.strip().lower() for name in self.connection.split(b",")}
        if nominated - {b"close", b"keep-alive", b"upgrade", b"te", b"http2-settings", b""}:
            self.forward = [header for header in self.forward if header[0].lower() not in nominated]


def _joined(earlier: bytes | None, value: bytes) -> bytes:
    """A repeated header is one list (RFC 9110 section 5.3); a repeated key so becomes one that fits nothing."""
    return value if earlier is None else earlier + b", " + value
