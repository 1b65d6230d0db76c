"""A deliberately naive and strict reading of HTTP/1.1 (RFC 9112), shared by nothing in the product.

It reads a whole byte string, not a stream, and refuses every liberty that the RFC allows a recipient to take: bare
line feeds, folded headers, white space before a colon, repeated lengths. What it accepts is what a sender
legitimately framed, so it serves as the oracle for "how many requests were there?" and as the reader of the
recording upstream.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") +((?:(?i:https?)://|/)[\x21\x22\x24-\x7e]*|\*) +HTTP/(\d)\.(\d)")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) (\d{3}) ([\t\x20-\x7e\x80-\xff]*)")
_HEADER = re.compile(
    rb"(" + _TOKEN + rb"):[ \t]*(|[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[ \t]*"
)
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_HOST = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")

Headers = tuple[tuple[bytes, bytes], ...]


class Malformed(Exception):
    """The bytes are not a legitimate HTTP/1.1 message."""


class Incomplete(Exception):
    """The bytes are a legitimate beginning; more are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, with its exact bytes."""

    method: bytes
    target: bytes
    version: tuple[int, int]
    headers: Headers
    body: bytes
    head_bytes: bytes
    """Request line, header lines and the blank line, as received."""

    def values(self, name: bytes) -> list[bytes]:
        return header_values(self.headers, name)

    @property
    def keeps_alive(self) -> bool:
        # `Proxy-Connection` is no standard, but parsers (llhttp among them) honour it, and it frames nothing.
        legacy = {value.strip().lower() for value in b",".join(self.values(b"proxy-connection")).split(b",")}
        options = connection_options(self.headers) | legacy
        return b"close" not in options and (self.version >= (1, 1) or b"keep-alive" in options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer, with its exact head."""

    status: int
    headers: Headers
    body: bytes
    head_bytes: bytes
    framing: str
    """How the end of the body was known: none, content-length, chunked or eof."""

    def values(self, name: bytes) -> list[bytes]:
        return header_values(self.headers, name)

    def header(self, name: bytes) -> bytes | None:
        values = self.values(name)
        return values[0] if values else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a strict reader finds in everything that one client sent."""

    requests: tuple[Request, ...]
    rest: bytes
    malformed: str | None
    """Why the rest is no request; None when it is empty or only unfinished."""


def header_values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name.lower()]


def connection_options(headers: Headers) -> set[bytes]:
    values = b",".join(header_values(headers, b"connection"))
    return {option.strip().lower() for option in values.split(b",")} - {b""}


def parse_request(data: bytes) -> tuple[Request, bytes]:
    """The first request in `data` and what follows it. Raises Malformed or Incomplete."""
    head, rest = _split_head(data)
    lines = head[:-4].split(b"\r\n")
    match = _REQUEST_LINE.fullmatch(lines[0])
    if match is None:
        raise Malformed("request line")
    version = (int(match[3]), int(match[4]))
    if version not in ((1, 0), (1, 1)):
        raise Malformed("version")
    headers = _parse_headers(lines[1:])
    _check_host(headers, version)
    body, rest = _read_request_body(headers, version, rest)
    request = Request(method=match[1], target=match[2], version=version, headers=headers, body=body, head_bytes=head)
    return request, rest


def parse_requests(data: bytes) -> Reading:
    """Every request in `data`, up to the first that closes the connection, is malformed or is unfinished."""
    requests: list[Request] = []
    rest = data
    while rest:
        # RFC 9112 2.2: a server SHOULD ignore at least one empty line before the request line. Parsers commonly
        # ignore any number of line ends there, where nothing is framed yet.
        rest = rest.lstrip(b"\r\n")
        if not rest:
            break
        try:
            request, rest = parse_request(rest)
        except Malformed as problem:
            return Reading(requests=tuple(requests), rest=rest, malformed=str(problem))
        except Incomplete:
            break
        requests.append(request)
        if not request.keeps_alive:
            break
    return Reading(requests=tuple(requests), rest=rest, malformed=None)


def parse_response(data: bytes, *, method: bytes = b"GET", ended: bool = False) -> tuple[Response, bytes]:
    """The first answer in `data`, 1xx included, and what follows it. `ended`: no more bytes will come."""
    head, rest = _split_head(data)
    lines = head[:-4].split(b"\r\n")
    match = _STATUS_LINE.fullmatch(lines[0])
    if match is None:
        raise Malformed(f"status line {lines[0][:80]!r}")
    status = int(match[2])
    headers = _parse_headers(lines[1:])
    framing, body, rest = _read_response_body(method, status, headers, rest, ended)
    return Response(status=status, headers=headers, body=body, head_bytes=head, framing=framing), rest


def render_chunks(pieces: Sequence[bytes]) -> bytes:
    """A whole chunked body; empty pieces would end it early and are left out."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"


def _split_head(data: bytes) -> tuple[bytes, bytes]:
    end = data.find(b"\r\n\r\n")
    head = data if end < 0 else data[: end + 4]
    # A bare CR may still become CRLF when it is the last byte so far.
    bare = re.search(rb"(?<!\r)\n|\r(?!\n|\Z)|\0", head)
    if bare is not None:
        raise Malformed("bare CR, bare LF or NUL in the head")
    if end < 0:
        _check_unfinished_head(head)
        raise Incomplete
    return head, data[end + 4 :]


def _check_unfinished_head(head: bytes) -> None:
    """An unfinished head whose finished lines are wrong already is malformed, not incomplete."""
    lines = head.split(b"\r\n")[:-1]
    if lines and _REQUEST_LINE.fullmatch(lines[0]) is None and _STATUS_LINE.fullmatch(lines[0]) is None:
        raise Malformed("first line")
    _parse_headers(lines[1:])


def _parse_headers(lines: Sequence[bytes]) -> Headers:
    headers: list[tuple[bytes, bytes]] = []
    for line in lines:
        match = _HEADER.fullmatch(line)
        if match is None:
            raise Malformed(f"header line {line[:80]!r}")
        headers.append((match[1], match[2]))
    return tuple(headers)


def _check_host(headers: Headers, version: tuple[int, int]) -> None:
    hosts = header_values(headers, b"host")
    if len(hosts) > 1 or (version >= (1, 1) and not hosts):
        raise Malformed("Host missing or repeated")
    if hosts and _HOST.fullmatch(hosts[0]) is None:
        raise Malformed("Host invalid")


def _content_length(headers: Headers) -> int | None:
    lengths = header_values(headers, b"content-length")
    if len(lengths) > 1:
        raise Malformed("Content-Length repeated")
    if lengths and re.fullmatch(rb"[0-9]{1,18}", lengths[0]) is None:
        raise Malformed(f"Content-Length {lengths[0][:40]!r}")
    return int(lengths[0]) if lengths else None


def _is_chunked(headers: Headers) -> bool:
    codings = header_values(headers, b"transfer-encoding")
    if not codings:
        return False
    if len(codings) > 1 or codings[0].lower() != b"chunked":
        raise Malformed("Transfer-Encoding is not exactly chunked")
    return True


def _read_request_body(headers: Headers, version: tuple[int, int], rest: bytes) -> tuple[bytes, bytes]:
    length = _content_length(headers)
    if _is_chunked(headers):
        if length is not None or version < (1, 1):
            raise Malformed("Transfer-Encoding with Content-Length or in HTTP/1.0")
        return read_chunked(rest)
    if len(rest) < (length or 0):
        raise Incomplete
    return rest[: length or 0], rest[length or 0 :]


def _read_response_body(
    method: bytes, status: int, headers: Headers, rest: bytes, ended: bool
) -> tuple[str, bytes, bytes]:
    length = _content_length(headers)
    chunked = _is_chunked(headers)
    if chunked and length is not None:
        raise Malformed("Transfer-Encoding with Content-Length")
    if method == b"HEAD" or status < 200 or status in (204, 304):
        return "none", b"", rest
    if chunked:
        return "chunked", *read_chunked(rest)
    if length is None:
        if not ended:
            raise Incomplete
        return "eof", rest, b""
    if len(rest) < length:
        raise Incomplete
    return "content-length", rest[:length], rest[length:]


def read_chunked(rest: bytes) -> tuple[bytes, bytes]:
    """The body of a chunked message, trailers dropped, and what follows it. Raises Malformed or Incomplete."""
    pieces: list[bytes] = []
    position = 0
    while True:
        line, position = _line(rest, position)
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            raise Malformed(f"chunk line {line[:40]!r}")
        size = int(match[1], 16)
        if size == 0:
            break
        data = rest[position : position + size + 2]
        if not b"\r\n".startswith(data[size:]):
            raise Malformed("chunk not followed by CRLF")
        if len(data) < size + 2:
            raise Incomplete
        pieces.append(data[:size])
        position += size + 2
    while True:
        line, position = _line(rest, position)
        if not line:
            return b"".join(pieces), rest[position:]
        _parse_headers([line])


def _line(data: bytes, position: int) -> tuple[bytes, int]:
    end = data.find(b"\r\n", position)
    line = data[position:] if end < 0 else data[position:end]
    if b"\n" in line or b"\r" in (line[:-1] if end < 0 else line):
        raise Malformed("bare CR or LF")
    if end < 0:
        raise Incomplete
    return line, end + 2
