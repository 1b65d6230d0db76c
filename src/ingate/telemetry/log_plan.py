"""Which files hold the rows that a query may see: the reader's half of what `segments` promises."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from .journal_file import JOURNAL_FORMAT, JournalHeader
from .journal_reader import list_journals
from .segments import Segment, get_table_folder, read_manifests

LATE_SECONDS = 86_400.0
"""A journal's records may be of exchanges that began so long before it."""

_decode_header = msgspec.json.Decoder(JournalHeader).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    journals: tuple[Path, ...]
    """That no segment holds yet."""
    segments: tuple[Path, ...]
    """The newest first."""
    bytes: int
    rows: int
    """In the segments."""
    unreadable: tuple[str, ...]
    """What had to be left out, and why."""


def plan_reading(data_directory: Path, *, start: float | None = None, end: float | None = None) -> ReadPlan:
    """`start` and `end` in seconds since 1970: files with nothing between them are left out. Raises OSError."""
    journals = list_journals(data_directory)
    segments: list[tuple[Path, Segment]] = []
    sealed: set[str] = set()
    unreadable: list[str] = []
    for _, folder, manifest in read_manifests(get_table_folder(data_directory), unreadable.append):
        sealed.update(manifest.journals)
        segments += [(folder / segment.name, segment) for segment in manifest.segments]
    kept = [entry for entry in segments if _overlaps(entry[1], start, end)]
    kept.sort(key=lambda entry: entry[1].latest, reverse=True)
    hot = [path for path in journals if path.name not in sealed and _is_wanted(path, end, unreadable)]
    return ReadPlan(
        journals=tuple(hot),
        segments=tuple(path for path, _ in kept),
        bytes=sum(segment.bytes for _, segment in kept) + sum(_size(path) for path in hot),
        rows=sum(segment.rows for _, segment in kept),
        unreadable=tuple(unreadable),
    )


def _overlaps(segment: Segment, start: float | None, end: float | None) -> bool:
    return (start is None or segment.latest >= start) and (end is None or segment.earliest <= end)


def _is_wanted(path: Path, end: float | None, unreadable: list[str]) -> bool:
    """Whether an unsealed journal may have records from before `end`."""
    try:
        with path.open("rb") as file:
            line = file.readline(4096)
        state = path.stat()
    except FileNotFoundError:
        return True  # it was sealed meanwhile: the reader notices, and plans again
    if state.st_size <= len(line):
        return False
    try:
        header = _decode_header(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return True
    if header.journal_format != JOURNAL_FORMAT:
        unreadable.append(f"{path.name} has format {header.journal_format}")
        return False
    return end is None or header.opened - LATE_SECONDS <= end


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
