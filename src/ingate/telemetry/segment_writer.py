"""Writes a segment: Parquet, whole or not at all, the newest rows first, with bloom filters for what is looked
up. A query for the latest rows then finds them in the first groups, and passes over the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .log_database import open_database
from .log_rows import quote
from .segments import Segment, sync_path

if TYPE_CHECKING:
    import duckdb

MEMORY_BYTES = 256 * 1024 * 1024
GROUP_ROWS = (30_720, 7_680)
"""Of a row group, and of one when that takes more memory than there is: DuckDB holds a group until it is written.
What is written as a dictionary gets a bloom filter, so a group's ids must fit into one."""


class SegmentWriter:
    def __init__(self, *, temporary: Path, memory_bytes: int = MEMORY_BYTES, threads: int = 1) -> None:
        self._temporary = temporary
        self._memory_bytes = memory_bytes
        self._threads = threads

    def write(self, folder: Path, name: str, rows: str, *, is_compacted: bool = False) -> Segment | None:
        """What the SELECT `rows` gives; None when that is nothing. The file is on the disk when this returns. Raises
        OSError, duckdb.Error."""
        temporary = folder / f"{name}.tmp"
        segment = self._copy(temporary, name, rows, is_compacted)
        if segment is None:
            temporary.unlink()
            return None
        temporary.chmod(0o600)
        sync_path(temporary)
        temporary.rename(folder / name)
        sync_path(folder)
        return segment

    def _copy(self, path: Path, name: str, rows: str, is_compacted: bool) -> Segment | None:
        import duckdb

        for group_rows in GROUP_ROWS:
            path.unlink(missing_ok=True)
            try:
                return self._try_copy(path, name, rows, is_compacted, group_rows)
            except duckdb.OutOfMemoryException:
                if group_rows == GROUP_ROWS[-1]:
                    raise
        return None

    def _try_copy(self, path: Path, name: str, rows: str, is_compacted: bool, group_rows: int) -> Segment | None:
        connection = open_database(temporary=self._temporary, memory_bytes=self._memory_bytes, threads=self._threads)
        try:
            connection.execute(
                f"COPY ({rows} ORDER BY TimeGenerated DESC) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd, "
                f"ROW_GROUP_SIZE {group_rows}, DICTIONARY_SIZE_LIMIT {group_rows})"
            )
            return _describe(connection, path, name, is_compacted)
        finally:
            connection.close()


def _describe(connection: duckdb.DuckDBPyConnection, path: Path, name: str, is_compacted: bool) -> Segment | None:
    source = f"read_parquet({quote(str(path))})"
    query = f"SELECT count(*), epoch(min(TimeGenerated)), epoch(max(TimeGenerated)) FROM {source}"  # noqa: S608
    found = connection.execute(query).fetchone()
    if found is None or not found[0]:
        return None
    rows, earliest, latest = found
    size = path.stat().st_size
    return Segment(name=name, rows=rows, bytes=size, earliest=earliest, latest=latest, is_compacted=is_compacted)
