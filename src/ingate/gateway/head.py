"""A request's head as the HTTP front collects it, with what each header is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingate.wire.http1 import Header

from .header_plan import HeaderPlanner, classify_by, drop_nominated

if TYPE_CHECKING:
    import httptools

    from ingate.domain.refusal import Refusal

    from .health import LocalAnswer
    from .local_operations import LocalOperation
    from .pipeline import Caller

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
    b"x-forwarded-for": "forwarded_for",
    b"traceparent": "traceparent",
}
"""Headers that the gateway reads, and the attribute that holds each."""

_FORWARDED = frozenset(("version", "user_agent", "traceparent"))
"""Those of them that go on to the upstream as well."""

_DROPPED = frozenset(
    # Hop-by-hop (RFC 9110 section 7.6.1) and what belongs to it
    b"keep-alive proxy-connection proxy-authenticate te trailer upgrade http2-settings "
    # credentials that are not ours to read
    b"proxy-authorization cookie ocp-apim-subscription-key "
    # what says where a request came from
    b"forwarded via x-real-ip x-client-ip x-original-host x-original-url".split()
)
LONGEST_USER_AGENT = 256
"""What is recorded of one, in bytes."""

_planner = HeaderPlanner(classify_by(_READ, _DROPPED, (b"x-forwarded-",)), _FORWARDED)


class RequestHead:
    """A request's line and headers, sorted. The same bytes make the same head, so a connection keeps the last one for
    as long as its client repeats it."""

    __slots__ = (
        "_headers",
        "_length_at",
        "address",
        "api_key",
        "authorization",
        "caller",
        "connection",
        "content_encoding",
        "content_length",
        "decided_with",
        "expect",
        "forward",
        "forwarded_for",
        "host",
        "http_version",
        "keep_alive",
        "method",
        "path",
        "query",
        "rendered",
        "target",
        "traceparent",
        "transfer_encoding",
        "upgrade",
        "user_agent",
        "valid_until",
        "version",
        "x_api_key",
    )

    caller: Caller | LocalOperation | Refusal | LocalAnswer
    """What the pipeline made of it with the directory `decided_with`."""

    def __init__(
        self, method: bytes, target: bytes, headers: list[Header], http_version: str, *, keep_alive: bool
    ) -> None:
        self.method = method
        self.target = target
        self.http_version = http_version
        self.keep_alive = keep_alive
        self.path = self.query = b""
        self.content_length = 0
        self.upgrade = False
        self.decided_with: object = self
        self.valid_until: float | None = None
        """When what was decided does not hold any more, in seconds since 1970; None while its directory stands."""
        self.address: str | None = None
        """Whom it came from, as far as is known."""
        self.host: bytes | None = None
        self.transfer_encoding: bytes | None = None
        self.connection: bytes | None = None
        self.expect: bytes | None = None
        self.content_encoding: bytes | None = None
        self.api_key: bytes | None = None
        self.x_api_key: bytes | None = None
        self.authorization: bytes | None = None
        self.version: bytes | None = None
        self.user_agent: bytes | None = None
        self.forwarded_for: bytes | None = None
        self.traceparent: bytes | None = None
        self._headers = headers
        self._length_at = -1
        self.rendered: dict[object, bytes] = {}
        """What upstreams made of it."""
        self.forward = self._sort(headers)

    @property
    def recorded_user_agent(self) -> str | None:
        return self.user_agent[:LONGEST_USER_AGENT].decode("latin-1") if self.user_agent else None

    @property
    def http10(self) -> bool:
        return self.http_version == "1.0"

    def is_repeated_by(self, target: bytes, headers: list[Header], parser: httptools.HttpRequestParser) -> bool:
        """Whether these make the same head but for the body's length, which is then taken over."""
        at = self._length_at
        if at < 0 or len(headers) != len(self._headers) or target != self.target:
            return False
        if parser.get_http_version() != self.http_version:
            return False
        length = headers[at]
        if length[0] != self._headers[at][0]:
            return False
        headers[at] = self._headers[at]
        if headers != self._headers or parser.get_method() != self.method:
            headers[at] = length
            return False
        self.content_length = int(length[1])
        return True

    def _sort(self, headers: list[Header]) -> tuple[Header, ...]:
        """A header that is repeated is one list (RFC 9110 section 5.3): two keys so become one that fits nothing."""
        forward, read = _planner.get_plan(headers)
        for attribute, index in read:
            value = headers[index][1]
            if attribute == "content_length":
                self.content_length = int(value)
                self._length_at = index
                continue
            earlier: bytes | None = getattr(self, attribute)
            setattr(self, attribute, value if earlier is None else earlier + b", " + value)
        chosen = forward(headers)
        return chosen if self.connection is None else drop_nominated(chosen, self.connection)
