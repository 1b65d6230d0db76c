"""The text of simple PDFs: pages that are plain objects, strings in a font's own letters (ISO 32000-1, 9.4.3).

Enough to quote from what tests and small tools make. Text in subset fonts, whose codes mean nothing without the
font's tables, is not read.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence

MAX_PAGES = 20
MAX_READ = 1 << 18
"""Bytes of all pages' contents that are read."""

_OBJECT = re.compile(rb"\b(\d{1,9})\s{1,9}\d{1,9}\s{1,9}obj\b")
_PAGE = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
_KIDS = re.compile(rb"/Kids\s*\[([^\]/]*)\]")
_REFERENCE = re.compile(rb"\b(\d{1,9})\s{1,9}\d{1,9}\s{1,9}R\b")
_CONTENTS = re.compile(rb"/Contents\s{0,9}\[?\s{0,9}((?:\d{1,9}\s{1,9}\d{1,9}\s{1,9}R\s{0,9}){1,200})")
_STREAM = re.compile(rb"\bstream\r?\n")
_SHOWN = re.compile(rb"(\((?:[^()\\]|\\.)*\)?)|\b(T[dDm*]|ET)\b|(?<=[\d\s])(T\*)", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"", b"f": b"", b"\n": b""}


def read_pdf_pages(content: bytes) -> Sequence[str]:
    """The text of each page in order, up to MAX_PAGES; "" for a page whose text cannot be read."""
    objects = _read_objects(content)
    pages = [number for number, text in objects.items() if _PAGE.search(_get_head(text))]
    reader = _Reader(objects)
    return [reader.read_page(number) for number in _put_in_order(objects, pages)[:MAX_PAGES]]


class _Reader:
    """Reads pages until MAX_READ bytes were read: pages may share a content, or name it again and again."""

    def __init__(self, objects: Mapping[int, bytes]) -> None:
        self._objects = objects
        self._left = MAX_READ

    def read_page(self, page: int) -> str:
        contents = _CONTENTS.search(_get_head(self._objects[page]))
        numbers = _REFERENCE.findall(contents.group(1)) if contents else []
        text = "".join(_show(self.read_stream(self._objects.get(int(number), b""))) for number in numbers)
        text = re.sub(r"[^\S\n]+", " ", text).strip()
        return text if _is_readable(text) else ""

    def read_stream(self, text: bytes) -> bytes:
        stream = _read_stream(text, self._left) if self._left > 0 else b""
        self._left -= len(stream)
        return stream


def _read_objects(content: bytes) -> Mapping[int, bytes]:
    starts = list(_OBJECT.finditer(content))
    ends = [*(start.start() for start in starts), len(content)][1:]
    return {int(start.group(1)): content[start.end() : end] for start, end in zip(starts, ends, strict=True)}


def _get_head(text: bytes) -> bytes:
    """The dictionary of an object, without its stream."""
    return text.partition(b"stream")[0]


def _put_in_order(objects: Mapping[int, bytes], pages: Sequence[int]) -> Sequence[int]:
    """As the page tree has them, where it names them; else as they stand in the file."""
    known = set(pages)
    kids = [
        int(number)
        for text in objects.values()
        for kid_list in _KIDS.findall(_get_head(text))
        for number in _REFERENCE.findall(kid_list)
    ]
    listed = [number for number in kids if number in known]
    return listed if set(listed) == known else pages


def _read_stream(text: bytes, limit: int) -> bytes:
    found = _STREAM.search(text)
    if found is None:
        return b""
    data = text[found.end() :]
    head = text[: found.start()]
    if b"/FlateDecode" not in head:
        return b"" if b"/Filter" in head else data.partition(b"endstream")[0][:limit]
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return b""


def _show(stream: bytes) -> str:
    return "".join(_list_shown(stream))


def _list_shown(stream: bytes) -> Iterator[str]:
    """The strings, and a line's end wherever the place moves. A string within a string makes the page unreadable."""
    for string, moved, line in _SHOWN.findall(stream):
        if moved or line:
            yield "\n"
        elif string.endswith(b")"):
            yield _ESCAPE.sub(_unescape, string[1:-1]).decode("latin-1")
        else:
            yield "\0"
            return


def _unescape(found: re.Match[bytes]) -> bytes:
    code = found.group(1)
    return bytes([int(code, 8) & 0xFF]) if code.isdigit() else _ESCAPED.get(code, code)


def _is_readable(text: str) -> bool:
    """Whether the codes are letters."""
    seen = sum(character.isprintable() or character == "\n" for character in text)
    return seen == len(text) and any(character.isalpha() for character in text)
