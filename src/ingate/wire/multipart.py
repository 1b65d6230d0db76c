"""multipart/form-data (RFC 7578), of a body that is in memory whole: its parts are views of it, not copies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_PARTS = 1000

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
    """`content_type` is the request's own. A form that does not end with its closing delimiter is malformed."""
    media_type, parameters = parse_options_header(content_type)
    if media_type != b"multipart/form-data":
        return MalformedForm(reason="its Content-Type is not multipart/form-data")
    boundary = parameters.get(b"boundary")
    if not boundary:
        return MalformedForm(reason="its Content-Type has no boundary")
    collector = _Collector(body)
    try:
        MultipartParser(boundary, collector.make_callbacks()).write(body)
    except FormParserError as error:
        return MalformedForm(reason=str(error))
    if not collector.ended:
        return MalformedForm(reason="it ends before its closing delimiter")
    return _make_parts(collector)


class _Collector:
    """Notes where the parser found what: the headers of each part, and the range of its content."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.headers: list[dict[bytes, bytes]] = []
        self.ranges: list[tuple[int, int]] = []
        self.ended = False
        self._name = self._value = b""

    def make_callbacks(self) -> MultipartCallbacks:
        """Not kept here: a cycle would hold the body until the collector comes round."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._read_name,
            "on_header_value": self._read_value,
            "on_header_end": self._end_header,
            "on_part_data": self._read_data,
            "on_end": self._end,
        }

    def _begin_part(self) -> None:
        if len(self.headers) == MOST_PARTS:
            raise FormParserError(f"it has more than {MOST_PARTS} parts")
        self.headers.append({})
        self.ranges.append((0, 0))

    def _read_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self.headers[-1].setdefault(self._name.lower(), self._value)
        self._name = self._value = b""

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        """All of a body that is written at once is told by its own offsets, one range behind the other."""
        first, last = self.ranges[-1]
        self.ranges[-1] = (start if first == last else first, end)

    def _end(self) -> None:
        self.ended = True


def _make_parts(collector: _Collector) -> tuple[FormPart, ...] | MalformedForm:
    view = memoryview(collector.body)
    parts: list[FormPart] = []
    for headers, (start, end) in zip(collector.headers, collector.ranges, strict=True):
        part = _make_part(headers, view[start:end])
        if isinstance(part, MalformedForm):
            return part
        parts.append(part)
    return tuple(parts)


def _make_part(headers: dict[bytes, bytes], content: memoryview) -> FormPart | MalformedForm:
    kind, parameters = parse_options_header(headers.get(b"content-disposition"))
    name, filename = parameters.get(b"name"), parameters.get(b"filename")
    if kind != b"form-data" or name is None:
        return MalformedForm(reason="a part has no name")
    try:
        return FormPart(
            name=_unescape(name).decode(),
            filename=None if filename is None else _unescape(filename).decode(),
            content_type=headers.get(b"content-type", b"").strip().decode("ascii") or None,
            content=content,
        )
    except UnicodeDecodeError:
        return MalformedForm(reason="a part's name, file name or type is not text")


def _unescape(name: bytes) -> bytes:
    return _HTML_ESCAPES.sub(lambda found: unquote_to_bytes(found[0]), name)
