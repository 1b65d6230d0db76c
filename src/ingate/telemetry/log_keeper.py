"""The log store's upkeep: sealing, compaction and retention, one bounded piece of work at a time.

docs/reference/log-store.md describes the files, docs/decisions/0017-logs-in-parquet.md why they are like this.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from .compaction import SEGMENT_ROWS, Compaction
from .log_database import TEMPORARY_FOLDER, clear_temporary
from .retention import Retention
from .sealing import Sealing
from .segment_writer import MEMORY_BYTES, SegmentWriter
from .segments import GRACE_SECONDS, LOGS_FOLDER, get_table_folder

_log = logging.getLogger(__name__)

IDLE_SECONDS = 5.0
"""Between two looks when there was nothing to do, or it failed."""


class Work(NamedTuple):
    """What a step has done, and to which file or day."""

    kind: Literal["recovered", "deleted", "unlinked", "sealed", "compacted", "expired"]
    what: str


class LogKeeper:
    """There is one at a time for a data directory, whoever else may try. Not for several threads at once."""

    def __init__(
        self,
        data_directory: Path,
        *,
        is_held: Callable[[Path], bool] = lambda _: False,
        retention_days: Callable[[], int] = lambda: 30,
        grace_seconds: float = GRACE_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        segment_rows: int = SEGMENT_ROWS,
    ) -> None:
        """`is_held` tells of a sealed journal whether something else has yet to read it: then it is not deleted.
        `retention_days` is asked at each step: what the workspace that keeps longest asks for."""
        table_folder = get_table_folder(data_directory)
        self._folder = data_directory / LOGS_FOLDER
        self._temporary = self._folder / TEMPORARY_FOLDER / "keeper"
        writer = SegmentWriter(temporary=self._temporary, memory_bytes=memory_bytes)
        self._retention_days = retention_days
        self._sealing = Sealing(
            data_directory=data_directory,
            table_folder=table_folder,
            writer=writer,
            is_held=is_held,
            grace_seconds=grace_seconds,
        )
        self._compaction = Compaction(table_folder=table_folder, writer=writer, segment_rows=segment_rows)
        self._retention = Retention(
            data_directory=data_directory, table_folder=table_folder, grace_seconds=grace_seconds
        )
        self._lock = -1
        self._is_recovered = False

    @property
    def damages(self) -> Counter[str]:
        """Lines of journals that could not be read, by kind (`journal_reader.Damage`), since the start."""
        return self._sealing.damages

    def step(self, now: float) -> Work | None:
        """One piece of work, some seconds long at most; `now` in seconds since 1970. None when there is nothing to
        do. Raises OSError, ValueError, duckdb.Error; another try does no harm."""
        if not self._acquire():
            return None
        if not self._is_recovered:
            self._retention.recover()
            clear_temporary(self._temporary)
            self._is_recovered = True
            return Work("recovered", self._folder.name)
        if what := self._sealing.unlink_one(now):
            return Work("unlinked", what)
        if what := self._retention.delete_retired(now):
            return Work("deleted", what)
        if what := self._sealing.seal_one(now):
            return Work("sealed", what)
        if what := self._retention.retire_old(now, self._retention_days()):
            return Work("expired", what)
        if what := self._compaction.compact_one(now):
            return Work("compacted", what)
        return None

    def close(self) -> None:
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _acquire(self) -> bool:
        if self._lock >= 0:
            return True
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._folder / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            if not isinstance(error, BlockingIOError):
                raise
            return False
        self._lock = lock
        return True


def run_keeper(keeper: LogKeeper, *, wall_clock: Callable[[], float], stop: threading.Event) -> None:
    """For a thread: works until `stop` is set, and then ends within a step. Failures are logged once, and retried."""
    import duckdb

    failure = ""
    while not stop.is_set():
        try:
            work = keeper.step(wall_clock())
            failure = ""
        except (OSError, ValueError, duckdb.Error) as error:
            work = None
            if (text := f"{type(error).__name__}: {error}") != failure:
                _log.error("the log store could not be kept up, and is tried again: %s", text)
            failure = text
        if work is None:
            stop.wait(IDLE_SECONDS)
    keeper.close()
