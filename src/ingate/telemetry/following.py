"""Follows the journals while they are written: whoever keeps a cursor gets every record once, in batches.

A cursor says up to which byte of which journal somebody has read. It only ever stands after a whole line, so what a
writer takes back (half a line of a full disk, the empty lines by which it tries for room) was never counted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TypeAlias

import msgspec

from ingate.domain.exchange import ExchangeRecord

from .journal_file import JOURNAL_FORMAT, JournalHeader

_log = logging.getLogger(__name__)

CHUNK_BYTES = 1024 * 1024
"""Read at once. A line is rarely longer than 2 KiB, and never as long as this."""
HEADER_BYTES = 4096
EVERYTHING = 1 << 62
"""The place of whoever will read nothing more of a file, because its format is a later one."""

Cursors: TypeAlias = Mapping[str, int]
"""Bytes that were read, by the journal's file name."""

_HEADER_MARK = b'{"journal_format"'
_decode_lines = msgspec.json.Decoder(ExchangeRecord).decode_lines
_decode = msgspec.json.Decoder(ExchangeRecord).decode
_decode_header = msgspec.json.Decoder(JournalHeader).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    records: tuple[ExchangeRecord, ...]
    """In a journal's own order, one journal after the other."""
    cursors: Cursors
    """What to read on from. To be kept together with whatever is made of the records."""
    damaged_lines: int = 0
    """Whole lines that are no records."""
    is_last: bool = True
    """There was nothing more to read."""


class JournalFollower:
    """Holds nothing between two readings: any number of readers may use one, each with cursors of its own, also in
    several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, cursors: Cursors, limit: int) -> Batch:
        """At most `limit` records that are new to whoever has these cursors, the oldest journal's first. Journals
        that are gone are forgotten. Raises OSError, also without a folder; the cursors are then good as before."""
        paths = sorted(path for path in self._folder.iterdir() if path.suffix == ".jsonl")
        reading = _Reading(limit)
        for path in paths:
            start = cursors.get(path.name, 0)
            reading.cursors[path.name] = start
            if reading.wanted > 0:
                self._read_file(path, start, reading)
            elif reading.is_last:
                reading.is_last = self._count_unread(path, start) == 0
        return Batch(
            records=tuple(reading.records),
            cursors=reading.cursors,
            damaged_lines=reading.damaged_lines,
            is_last=reading.is_last,
        )

    def count_unread_bytes(self, cursors: Cursors) -> int:
        """How far behind these cursors are. Raises OSError."""
        return sum(
            self._count_unread(path, cursors.get(path.name, 0))
            for path in self._folder.iterdir()
            if path.suffix == ".jsonl"
        )

    def _count_unread(self, path: Path, start: int) -> int:
        try:
            return max(0, path.stat().st_size - start)
        except FileNotFoundError:
            return 0

    def _read_file(self, path: Path, start: int, reading: _Reading) -> None:
        if self._count_unread(path, start) == 0:
            return
        try:
            # Unbuffered: a buffer could join what was taken back with what was written in its place.
            file = path.open("rb", buffering=0)
        except FileNotFoundError:
            return
        with file:
            if start == 0 and not self._is_readable(path, file):
                reading.cursors[path.name] = EVERYTHING
                return
            reading.cursors[path.name] = reading.read(file, start)

    def _is_readable(self, path: Path, file: FileIO) -> bool:
        header = _parse_header(file.read(HEADER_BYTES).partition(b"\n")[0])
        if header is None or header.journal_format == JOURNAL_FORMAT:
            return True
        _log.warning("%s has journal format %d, which is not read here", path.name, header.journal_format)
        return False


class _Reading:
    """One batch while it grows."""

    def __init__(self, limit: int) -> None:
        self.records: list[ExchangeRecord] = []
        self.cursors: dict[str, int] = {}
        self.damaged_lines = 0
        self.is_last = True
        self._limit = limit

    @property
    def wanted(self) -> int:
        return self._limit - len(self.records)

    def read(self, file: FileIO, start: int) -> int:
        """From `start` to the end of the file, or until there are enough. Gives back where it stopped."""
        while self.wanted > 0:
            file.seek(start)
            chunk = file.read(CHUNK_BYTES)
            end = _find_end(chunk)
            if end == 0:
                skipped = _skip_long_line(file, start, chunk)
                if skipped == start:
                    return start
                self.damaged_lines += _is_text(chunk)
                start = skipped
                continue
            lines, end = self._cut(chunk, end)
            self._decode(lines)
            start += end
        self.is_last = False
        return start

    def _cut(self, chunk: bytes, end: int) -> tuple[bytes, int]:
        """As many lines as are wanted. The header is no record."""
        lines = chunk[:end]
        header = len(lines.split(b"\n", 1)[0]) + 1 if lines.startswith(_HEADER_MARK) else 0
        if lines.count(b"\n", header) <= self.wanted:
            return lines[header:], end
        position = header
        for _ in range(self.wanted):
            position = lines.index(b"\n", position) + 1
        return lines[header:position], position

    def _decode(self, lines: bytes) -> None:
        try:
            self.records += _decode_lines(lines)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._decode_one_by_one(lines)

    def _decode_one_by_one(self, lines: bytes) -> None:
        for line in lines.split(b"\n"):
            if not line:
                continue
            try:
                self.records.append(_decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.damaged_lines += 1


def has_read_all(path: Path, position: int) -> bool:
    """Whether nothing whole is left of a journal that nobody writes any more: it may end in half a line, at which no
    cursor moves. Raises OSError, also when the file is gone."""
    with path.open("rb", buffering=0) as file:
        while True:
            file.seek(position)
            chunk = file.read(CHUNK_BYTES)
            if _find_end(chunk):
                return False
            after = _skip_long_line(file, position, chunk)
            if after == position:
                return True
            if _is_text(chunk):
                return False
            position = after


def _find_end(chunk: bytes) -> int:
    """After the last line that is whole and not empty; 0 when there is none. Empty lines at the end may yet be taken
    back."""
    whole = chunk[: chunk.rfind(b"\n") + 1].rstrip(b"\n")
    return len(whole) + 1 if whole else 0


def _is_text(chunk: bytes) -> bool:
    return bool(chunk.strip(b"\n"))


def _skip_long_line(file: FileIO, start: int, chunk: bytes) -> int:
    """Of a chunk without a whole line: where the next one begins, or `start` when that is not there yet."""
    if len(chunk) < CHUNK_BYTES:
        return start
    position = start + len(chunk)
    is_text = _is_text(chunk)
    while more := file.read(CHUNK_BYTES):
        if is_text:
            found = more.find(b"\n")
            if found >= 0:
                return position + found + 1
        elif _is_text(more):
            return position + len(more) - len(more.lstrip(b"\n"))
        position += len(more)
    return start


def _parse_header(line: bytes) -> JournalHeader | None:
    try:
        return _decode_header(line) if line.startswith(_HEADER_MARK) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
