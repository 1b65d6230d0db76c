"""DuckDB, opened so that it takes no more than it is given. It is imported with the first use: it is large."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .log_rows import quote, quote_paths

if TYPE_CHECKING:
    import duckdb

TEMPORARY_FOLDER = ".tmp"
SPILL_BYTES = 4 * 1024**3
"""What sorting and grouping may put on the disk."""


def clear_temporary(folder: Path) -> None:
    """Removes what a process left there that is no more. Raises OSError."""
    for path in folder.glob("duckdb_temp_*"):
        path.unlink(missing_ok=True)


def open_database(
    *, temporary: Path, memory_bytes: int, threads: int, readable: Sequence[Path] | None = None
) -> duckdb.DuckDBPyConnection:
    """In memory, with a place for what does not fit. With `readable`, it reads these folders and nothing else
    (links are not followed out of them), and can be told nothing else later. Raises OSError, duckdb.Error."""
    import duckdb

    for folder in (temporary.parent, temporary):
        folder.mkdir(mode=0o700, exist_ok=True)
    connection = duckdb.connect(":memory:")
    settings = {
        "temp_directory": quote(str(temporary)),
        "max_temp_directory_size": quote(f"{SPILL_BYTES // 1024**2}MiB"),
        "memory_limit": quote(f"{memory_bytes // 1024**2}MiB"),
        "threads": str(threads),
        "enable_progress_bar": "false",
        "python_enable_replacements": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
        "parquet_metadata_cache": "true",
        "enable_external_file_cache": "false",  # the system keeps files in memory already
    }
    if readable is not None:
        settings |= {
            "allowed_directories": quote_paths(readable),
            "enable_external_access": "false",
            "lock_configuration": "true",
        }
    for name, value in settings.items():
        connection.execute(f"SET {name}={value}")
    return connection
