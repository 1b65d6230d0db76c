"""multipart/form-data (RFC 7578), of a body that is in memory whole: its parts are views of it, not copies.

Lenient where clients differ (percent signs or backslashes for quotes in file names, `filename*`, no part headers but
the first), strict in framing: what does not end with its closing delimiter is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

MOST_PARTS = 1000
HEADER_BYTES = 16 * 1024
"""Of one part's headers, all together."""

_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]\Z")
"""RFC 2046 section 5.1.1."""
_PARAMETER = re.compile(
    rb';[ \t]*([!#$%&\'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.DOTALL
)
_UNESCAPED = re.compile(rb'\\(["\\])')
_HTML_ESCAPES = re.compile(rb"%(?:22|0[AaDd])")
"""What browsers write for a quote and a line end in a name (HTML, "Multipart form data")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPart:
    name: str
    filename: str | None
    """None for a plain field; a path as the client sent it, which is not to be trusted."""
    content_type: str | None
    content: memoryview


@dataclass(frozen=True, slots=True, kw_only=True)
class MalformedForm:
    reason: str


def parse_form(content_type: bytes | None, body: bytes) -> tuple[FormPart, ...] | MalformedForm:
    """`content_type` is the request's own."""
    boundary = _parse_boundary(content_type or b"")
    if isinstance(boundary, MalformedForm):
        return boundary
    delimiter = b"\r\n--" + boundary
    view = memoryview(body)
    parts: list[FormPart] = []
    position = _find_first(body, delimiter)
    while True:
        opened = _read_delimiter_end(body, position)
        if opened is None:
            return MalformedForm(reason="a part's delimiter is missing or broken")
        if opened < 0:
            return tuple(parts)
        if len(parts) == MOST_PARTS:
            return MalformedForm(reason=f"it has more than {MOST_PARTS} parts")
        headers_end = body.find(b"\r\n\r\n", opened - 2, opened + HEADER_BYTES)
        if headers_end < 0:
            return MalformedForm(reason="a part's headers do not end, or are too long")
        start = headers_end + 4
        end, position = _find_delimiter(body, delimiter, start - 2)
        if end < 0:
            return MalformedForm(reason="its last part does not end")
        part = _make_part(body[opened:headers_end], view[start : max(start, end)])
        if isinstance(part, MalformedForm):
            return part
        parts.append(part)


def _parse_boundary(content_type: bytes) -> bytes | MalformedForm:
    media_type, _, _ = content_type.partition(b";")
    if media_type.strip().lower() != b"multipart/form-data":
        return MalformedForm(reason="its Content-Type is not multipart/form-data")
    boundary = _parse_parameters(content_type).get(b"boundary", b"")
    if _BOUNDARY.match(boundary) is None:
        return MalformedForm(reason="its Content-Type has no valid boundary")
    return boundary


def _find_first(body: bytes, delimiter: bytes) -> int:
    """Where the first delimiter ends; -1 when there is none. Nothing may stand before it but a preamble."""
    if body.startswith(delimiter[2:]) and _read_delimiter_end(body, len(delimiter) - 2) is not None:
        return len(delimiter) - 2
    return _find_delimiter(body, delimiter, 0)[1]


def _find_delimiter(body: bytes, delimiter: bytes, start: int) -> tuple[int, int]:
    """Where the next one begins and ends, passing over lines that only begin alike; (-1, -1) when there is none."""
    while (found := body.find(delimiter, start)) >= 0:
        end = found + len(delimiter)
        if _read_delimiter_end(body, end) is not None:
            return found, end
        start = end
    return -1, -1


def _read_delimiter_end(body: bytes, position: int) -> int | None:
    """Where what follows a delimiter begins, -1 after the closing one; None when this is no delimiter."""
    if position < 0:
        return None
    if body.startswith(b"--", position):
        return -1
    while body[position : position + 1] in (b" ", b"\t"):
        position += 1
    return position + 2 if body.startswith(b"\r\n", position) else None


def _make_part(headers: bytes, content: memoryview) -> FormPart | MalformedForm:
    disposition = content_type = b""
    for line in re.sub(rb"\r\n[ \t]+", b" ", headers).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon:
            continue
        name = name.strip().lower()
        if name == b"content-disposition":
            disposition = value.strip()
        elif name == b"content-type":
            content_type = value.strip()
        elif name == b"content-transfer-encoding" and value.strip().lower() not in (b"binary", b"8bit", b"7bit"):
            return MalformedForm(reason="a part has a transfer encoding, which RFC 7578 does away with")
    parameters = _parse_parameters(disposition)
    if disposition.partition(b";")[0].strip().lower() != b"form-data" or b"name" not in parameters:
        return MalformedForm(reason="a part has no name")
    extended = parameters.get(b"filename*", b"")
    filename = parameters.get(b"filename")
    if extended.lower().startswith(b"utf-8''"):
        filename = unquote_to_bytes(extended[7:])
    try:
        return FormPart(
            name=_unescape(parameters[b"name"]).decode(),
            filename=None if filename is None else _unescape(filename).decode(),
            content_type=content_type.decode("ascii") or None,
            content=content,
        )
    except UnicodeDecodeError:
        return MalformedForm(reason="a part's name, file name or type is not UTF-8")


def _parse_parameters(value: bytes) -> dict[bytes, bytes]:
    """Of a header's value; of one that is repeated, the first."""
    found: dict[bytes, bytes] = {}
    for name, quoted, plain in _PARAMETER.findall(value):
        found.setdefault(name.lower(), _UNESCAPED.sub(rb"\1", quoted) or plain)
    return found


def _unescape(name: bytes) -> bytes:
    return _HTML_ESCAPES.sub(lambda found: unquote_to_bytes(found[0]), name)
