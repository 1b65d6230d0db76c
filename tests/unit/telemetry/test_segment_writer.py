"""A segment is written with the memory that there is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingate.telemetry import segment_writer
from ingate.telemetry.log_rows import render_journal_rows
from ingate.telemetry.segment_writer import SegmentWriter

from .log_files import NOON, make_exchange, write_journal


def test_smaller_groups_are_tried_when_memory_does_not_suffice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_journal(tmp_path, (make_exchange(f"req_{number}", NOON + number) for number in range(4000)))
    (tmp_path / "logs").mkdir()
    writer = SegmentWriter(temporary=tmp_path / "logs/.tmp")
    opened = 0
    open_database = segment_writer.open_database

    def fail_first(**options: object) -> object:
        nonlocal opened
        opened += 1
        if opened == 1:
            raise duckdb.OutOfMemoryException("as if")
        return open_database(**options)  # type: ignore[arg-type]

    monkeypatch.setattr(segment_writer, "open_database", fail_first)
    monkeypatch.setattr(segment_writer, "GROUP_ROWS", (4000, 2048))

    segment = writer.write(tmp_path, "x.parquet", render_journal_rows([path]))

    assert segment is not None
    assert (segment.rows, segment.earliest, segment.latest) == (4000, NOON, NOON + 3999)
    query = "SELECT count(DISTINCT row_group_id) FROM parquet_metadata(?)"
    assert duckdb.connect().execute(query, [str(tmp_path / "x.parquet")]).fetchone() == (2,)
    assert [path.name for path in tmp_path.glob("*.tmp")] == []
