"""What the cases of the corpus are made of."""

from __future__ import annotations

from tests.support.messages_requests import BASE_HEADERS, HOST, render_body
from tests.support.strict_http import Headers, render_chunks

from .case import Case, Part

MAX_BODY = 32 * 1024 * 1024

OK = (frozenset({200}),)
BAD = (frozenset({400}),)
TOO_LARGE = (frozenset({413}),)
HEAD_TOO_LARGE = (frozenset({431}),)
BAD_CODING = (frozenset({400, 501}),)
"""RFC 9112 6.1: an unknown transfer coding SHOULD be answered with 501; 400 is as safe."""
BAD_VERSION = (frozenset({400, 505}),)

BODY = render_body()
SMUGGLED = b"GET /anthropic/v1/messages HTTP/1.1\r\nHost: smuggled\r\n\r\n"


def post(*lines: bytes, body: bytes = BODY, base: Headers = BASE_HEADERS, version: bytes = b"HTTP/1.1") -> bytes:
    """A POST with raw header lines: whatever the case needs to be wrong is written out in full."""
    head = [b"POST /anthropic/v1/messages " + version, *(b"%b: %b" % header for header in base), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def get(
    *lines: bytes, target: bytes = b"/healthz", host: bytes = b"Host: " + HOST, version: bytes = b"HTTP/1.1"
) -> bytes:
    return b"\r\n".join([b"GET %b %b" % (target, version), host, *lines]) + b"\r\n\r\n"


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = render_chunks([BODY[:10], BODY[10:]])


def refused(name: str, sent: bytes, *more: Part, source: str = "") -> Case:
    """Not a request: 400, closed, and nothing of it upstream."""
    return Case(name=name, sent=(sent, *more), statuses=BAD, source=source)


def served(
    name: str, sent: bytes, *more: Part, source: str = "", has: tuple[bytes, ...] = (), lacks: tuple[bytes, ...] = ()
) -> Case:
    """A legitimate Messages request: served, kept alive, one request upstream."""
    return Case(
        name=name,
        sent=(sent, *more),
        statuses=OK,
        fate="kept",
        reached=1,
        upstream_has=has,
        upstream_lacks=lacks,
        source=source,
    )
