"""HTTP/1.1 heads, serialised strictly.

Every head that Ingate sends, to clients and to upstreams, is made here: each line ends in CRLF, exactly one empty
line ends the head, and a name or value that could break out of its line is refused. An empty header list gives a
valid head too (an extra blank line would make the body a second request).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import itemgetter

Header = tuple[bytes, bytes]

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
"""RFC 9110 section 5.6.2."""

REASONS = {
    200: b"OK",
    201: b"Created",
    202: b"Accepted",
    204: b"No Content",
    301: b"Moved Permanently",
    302: b"Found",
    304: b"Not Modified",
    307: b"Temporary Redirect",
    308: b"Permanent Redirect",
    400: b"Bad Request",
    401: b"Unauthorized",
    402: b"Payment Required",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    409: b"Conflict",
    413: b"Content Too Large",
    417: b"Expectation Failed",
    422: b"Unprocessable Content",
    423: b"Locked",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    502: b"Bad Gateway",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
    505: b"HTTP Version Not Supported",
    529: b"Overloaded",
}

_known_names: set[bytes] = set()
_KNOWN_NAMES_LIMIT = 4096
_get_name = itemgetter(0)


class UnsafeHeadError(ValueError):
    """A start line or header that would not stay on its own line."""


def render_request_head(method: bytes, target: bytes, headers: Sequence[Header]) -> bytes:
    return _render_head(b"%b %b HTTP/1.1" % (method, target), headers)


def render_answer_head(status: int, headers: Sequence[Header]) -> bytes:
    """A status that HTTP has no phrase for gets an empty one, as RFC 9112 section 4 allows."""
    return _render_head(b"HTTP/1.1 %d %b" % (status, REASONS.get(status, b"")), headers)


def is_token(name: bytes) -> bool:
    """Whether this may be a header's name. Remembers the names it has seen, up to a bound."""
    if name in _known_names:
        return True
    if TOKEN.match(name) is None:
        return False
    if len(_known_names) < _KNOWN_NAMES_LIMIT:
        _known_names.add(name)
    return True


def _render_head(start_line: bytes, headers: Sequence[Header]) -> bytes:
    if not _known_names.issuperset(map(_get_name, headers)) and not all(is_token(name) for name, _ in headers):
        raise UnsafeHeadError("a header's name is not a token")
    head = b"\r\n".join((start_line, *map(b": ".join, headers), b"\r\n"))
    line_ends = len(headers) + 2
    if head.count(b"\n") != line_ends or head.count(b"\r") != line_ends or b"\0" in head:
        raise UnsafeHeadError("a header's value holds a line end or NUL")
    return head
