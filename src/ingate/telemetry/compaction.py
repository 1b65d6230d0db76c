"""Compaction: a day's many segments become few.

Today's are joined when there are many, so that queries open few files; those of a day that is over once more, until a
segment has up to `SEGMENT_ROWS` rows. A row is so written at most three times in its life.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from .log_rows import render_segment_rows
from .segment_writer import SegmentWriter
from .segments import Manifest, Segment, ignore_invalid, read_manifests, write_manifest

SEGMENT_ROWS = 2_000_000
MANY_SEGMENTS = 16
"""Of a day that is not over."""
SETTLING_SECONDS = 3600.0
"""After a day's end, in which its last journals are closed and sealed."""


class Compaction:
    def __init__(self, *, table_folder: Path, writer: SegmentWriter, segment_rows: int = SEGMENT_ROWS) -> None:
        self._table_folder = table_folder
        self._writer = writer
        self._segment_rows = segment_rows

    def compact_one(self, now: float) -> str | None:
        """Joins some segments of one day; the new one's name, or None when there is nothing to join. Raises OSError,
        ValueError, duckdb.Error."""
        for day, folder, manifest in read_manifests(self._table_folder, ignore_invalid):
            inputs = decide_inputs(manifest.segments, is_over=_is_over(day, now), segment_rows=self._segment_rows)
            if inputs:
                return self._join(folder, manifest, inputs, now)
        return None

    def _join(self, folder: Path, manifest: Manifest, inputs: Sequence[Segment], now: float) -> str:
        name = f"part-{manifest.next_number:06d}.parquet"
        rows = render_segment_rows([folder / segment.name for segment in inputs])
        joined = self._writer.write(folder, name, rows, is_compacted=True)
        if joined is None or joined.rows != sum(segment.rows for segment in inputs):
            raise ValueError(f"{folder.name}: {name} does not have the rows that it is made of")
        gone = {segment.name for segment in inputs}
        write_manifest(
            folder,
            msgspec.structs.replace(
                manifest,
                segments=(*(segment for segment in manifest.segments if segment.name not in gone), joined),
                retired=manifest.retired | dict.fromkeys(gone, now),
                next_number=manifest.next_number + 1,
            ),
        )
        return name


def decide_inputs(segments: Sequence[Segment], *, is_over: bool, segment_rows: int) -> list[Segment]:
    """Which to join next, neighbours in time; empty when it is well as it is."""
    if not is_over:
        fresh = [segment for segment in segments if not segment.is_compacted]
        return _take(sorted(fresh, key=_time), segment_rows) if len(fresh) >= MANY_SEGMENTS else []
    ordered = sorted(segments, key=_time)
    for index, segment in enumerate(ordered):
        group = _take(ordered[index:], segment_rows)
        if len(group) > 1 or not segment.is_compacted:
            return group
    return []


def _time(segment: Segment) -> tuple[float, str]:
    return segment.earliest, segment.name


def _take(segments: Sequence[Segment], segment_rows: int) -> list[Segment]:
    """From the first on, as many as may be joined: one at least."""
    taken: list[Segment] = []
    rows = 0
    for segment in segments:
        rows += segment.rows
        if taken and rows > segment_rows:
            break
        taken.append(segment)
    return taken


def _is_over(day: date, now: float) -> bool:
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return now >= end.timestamp() + SETTLING_SECONDS
